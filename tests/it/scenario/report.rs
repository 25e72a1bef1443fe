//! The final report at the merge: what it cost against what was expected, and the scorecard.

use baton::base::{IssueNumber, Millis};
use baton::sandbox::github::CiBehaviour;
use baton::sandbox::model::{asks, creates, edits, task_done};
use insta::assert_snapshot;

use super::approval::{branch, planned};
use super::by_hand::with_green_ci;
use super::whole;
use crate::world::{Inhabitant, World};

/// Merges the pull request and gives back the report.
async fn merged(world: &World, ann: &Inhabitant<'_>, issue: IssueNumber) -> String {
    assert_eq!(world.stage(issue).await, "Ready", "{}", world.conversation(issue));
    let pull = world.github.repo().pulls().remove(0);
    ann.merges(pull.number).unwrap();
    world.settles().await;
    world.passes(Millis::minutes(1)).await;
    assert_eq!(world.stage(issue).await, "Done");
    let comments = world.github.repo().issue(issue).unwrap().comments;
    let is_report = |body: &str| body.contains("### Merged");
    let report = comments.iter().find(|it| is_report(&it.body)).expect("no report");
    report.body.lines().skip(1).collect::<Vec<_>>().join("\n")
}

/// Red once, two questions, and a person who pushes a file of their own: the card says which lines
/// do not hold, and what helps.
#[tokio::test]
async fn what_did_not_hold_is_named_with_what_helps() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    // The plan's own commit is the first push.
    let log = "error: cannot find value `cash`\n".to_owned();
    world.github.repo().ci_on("baton/*", CiBehaviour::RedFor { pushes: 2, log });
    let issue = whole::planned(&world, &ann).await;
    world.model.haiku().will([
        asks(["In memory?"]),
        creates("src/cache.rs", "//! The cash.\n"),
        task_done("Written."),
        edits("src/cache.rs", "cash", "cache"),
        task_done("Mended."),
    ]);
    world.model.sonnet().will([
        asks(["Before the search?"]),
        edits("src/rag.rs", "//! Question to", "//! Asks the cache first. Question to"),
        task_done("Questions go to the cache first."),
    ]);
    whole::tests_the_question(&world);

    ann.says(issue, "/baton approve --start").await;
    ann.says(issue, "1: yes").await;
    world.lives_through(Millis::minutes(5)).await;
    ann.says(issue, "1: yes").await;
    world.lives_through(Millis::minutes(20)).await;
    let notes = [("docs/cache.md", Some("# The cache\n"))];
    ann.pushes(&branch(&world), &notes, "Describe the cache").unwrap();
    world.lives_through(Millis::minutes(20)).await;

    assert_snapshot!(merged(&world, &ann, issue).await, @"
    ### Merged · $0.0779 of $5.00

    The plan is built and merged: 3 tasks, pull request #2. The work changed hands 4 times: 4 successors began, and the work got on after 4. Baton does nothing more here.

    | step | estimate | actual |
    |---|--:|--:|
    | planning | – | $0.0386 |
    | building | $0.0993 to $0.32 | $0.0186 |
    | test and review | – | $0.0208 |
    | **in all** | limit $5.00 | **$0.0779** |

    Building cost less than estimated.

    **Scorecard: 3 of 6 hold, 1 not known**

    | check | holds | because |
    |---|---|---|
    | Plan followed | yes | all 3 changed files were planned |
    | Checks green at the first try | no | red at first: t1 (1 of 3 tasks) |
    | Architecture kept | yes | the review-agent found nothing against it |
    | Fewer than 2 questions while building | no | 2 |
    | Under 200,000 tokens | yes | 38,861 new in 9 sessions, at most 6,101 in one (planner); 49,523 read again from the cache |
    | Documentation updated | not known | none was planned, and none was changed |
    | No edits by people after the handoff | no | 1 push by a person |

    What helps where it does not hold:

    - Checks green at the first try: next time, let the planner study the repository's own patterns longer, and put its quality checks into the plan.
    - Fewer than 2 questions while building: next time, let the planner explore more thoroughly, and give the plan more code examples.
    - No edits by people after the handoff: next time, see what people mended by hand, and write it into the plan as concrete steps.

    **Cost by role and model**

    | role | model | calls | tokens in | of them cached | tokens out | cost |
    |---|---|--:|--:|--:|--:|--:|
    | planner | `claude-opus-5-5` | 1 | 5,566 | 0 | 535 | $0.0386 |
    | review-agent | `claude-sonnet-5-5` | 4 | 13,752 | 6,569 | 112 | $0.0198 |
    | implementer | `claude-sonnet-5-5` | 3 | 16,718 | 10,932 | 104 | $0.0166 |
    | implementer | `claude-haiku-5-5` | 7 | 38,426 | 25,963 | 195 | $0.0020 |
    | test-agent | `claude-haiku-5-5` | 4 | 12,658 | 6,059 | 318 | $0.0011 |

    Amounts: list price, table of 2026-11-21. Abandoned and repeated calls are included.
    ");
}

/// What nobody stored is not guessed.
#[tokio::test]
async fn what_people_built_by_hand_is_not_judged() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    with_green_ci(&world, &ann).await;
    let issue = planned(&world, &ann).await;
    ann.says(issue, "/baton implement manual").await;
    world.passes(Millis::minutes(1)).await;
    ann.pushes(&branch(&world), &[("src/cache.rs", Some("pub struct Cache;\n"))], "Cache").unwrap();
    world.settles().await;
    for task in ["t1", "t2", "t3"] {
        ann.ticks(issue, &format!("-->{task} ")).await;
        world.passes(Millis::minutes(1)).await;
    }
    world.lives_through(Millis::minutes(5)).await;

    assert_snapshot!(merged(&world, &ann, issue).await, @"
    ### Merged · $0.0486 of $5.00

    The plan is built and merged: 3 tasks by people, pull request #2. Baton does nothing more here.

    | step | estimate | actual |
    |---|--:|--:|
    | planning | – | $0.0386 |
    | building | $0.0993 to $0.32 | by people |
    | test and review | – | $0.0101 |
    | **in all** | limit $5.00 | **$0.0486** |

    **Scorecard: 2 of 2 hold, 5 not known**

    | check | holds | because |
    |---|---|---|
    | Plan followed | not known | people built it with their own tools |
    | Checks green at the first try | not known | no checks were waited for |
    | Architecture kept | yes | the review-agent found nothing against it |
    | Fewer than 2 questions while building | not known | people built it with their own tools |
    | Under 200,000 tokens | yes | 13,048 new in 3 sessions, at most 6,101 in one (planner); 6,151 read again from the cache |
    | Documentation updated | not known | people built it with their own tools |
    | No edits by people after the handoff | not known | people built it with their own tools |

    **Cost by role and model**

    | role | model | calls | tokens in | of them cached | tokens out | cost |
    |---|---|--:|--:|--:|--:|--:|
    | planner | `claude-opus-5-5` | 1 | 5,566 | 0 | 535 | $0.0386 |
    | review-agent | `claude-sonnet-5-5` | 2 | 6,577 | 3,134 | 56 | $0.0095 |
    | test-agent | `claude-haiku-5-5` | 2 | 6,306 | 3,017 | 159 | $0.0006 |

    Amounts: list price, table of 2026-11-21. Abandoned and repeated calls are included.
    ");
    let row = world.engine().store.load_issue(world.key(issue)).await.unwrap().unwrap();
    let handoffs = world.engine().store.handoffs(row.installation, world.key(issue)).await.unwrap();
    assert_eq!(handoffs, [], "people are no run that hands over");
}
