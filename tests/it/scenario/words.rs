//! What is a command and what is not, through real deliveries.

use baton::sandbox::model::submits;
use insta::assert_snapshot;

use crate::world::{World, plan};

/// Case 47: words that no reader takes for an order start nothing and are not answered.
#[tokio::test]
async fn quotes_code_hidden_text_and_footers_are_no_commands() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    let texts = [
        "> /baton plan\n\nWhat did you mean?",
        "Write `/baton plan` to begin.",
        "```\n/baton plan\n```",
        "    /baton plan",
        "<!--\n/baton plan\n-->",
        "<details><summary>later</summary>\n\n/baton plan\n\n</details>",
        "Thanks!\n\nOn Fri, Nov 20, 2026 at 9:00 AM Tom <tom@example.test> wrote:\n> x\n/baton plan",
        "[/baton plan](https://example.test)",
        "please run /baton plan",
        "/plan",
        "/batonplan",
    ];
    for text in texts {
        ann.says(issue, text).await;
    }
    // The App asked once how it is called; nobody's right was read.
    assert_eq!(world.calls_made(), "1 calls, 0 of them writes");
    assert_eq!(world.stage(issue).await, "Seen");
}

#[tokio::test]
async fn typos_and_look_alikes_get_one_sentence() {
    let world = World::new().await;
    let (ann, tom) = (world.maintainer("ann"), world.triager("tom"));
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;

    ann.says(issue, "/baton paln").await;
    tom.says(issue, "/baton frobnicate").await;
    world.maintainer("bob").says(issue, "/bat\u{43e}n plan").await;
    world.maintainer("cas").says(issue, "/baton plan --model gpt").await;

    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (confused)
      /baton paln

    baton[bot]:
      @ann, that is not a command. Did you mean `/baton plan`?

    tom: (confused)
      /baton frobnicate

    baton[bot]:
      @tom, that is not a command. `/baton help` lists them.

    bob: (confused)
      /batоn plan

    baton[bot]:
      @bob, a line looks like a command but is written with other letters than it shows, so it was not run.

    cas: (confused)
      /baton plan --model gpt

    baton[bot]:
      @cas, `--model` needs a tier: opus, sonnet or haiku, as in `/baton plan --model sonnet`.
    ");
}

/// Case 14: only what an edit adds is run, and only once.
#[tokio::test]
async fn an_edit_runs_only_what_it_adds() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);

    let comment = ann.says(issue, "Shall we plan this?").await;
    ann.edits(comment, "Shall we plan this?\n\n/baton plan").await;
    assert_eq!(world.stage(issue).await, "Planned");
    ann.edits(comment, "Shall we plan this? Yes.\n\n/baton plan").await;
    ann.edits(comment, "Shall we plan this? Yes.\n\n/baton plan\n/baton cost").await;

    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (eyes, rocket)
      Shall we plan this? Yes.

      /baton plan
      /baton cost

    baton[bot]:
      ### Baton · Planned · revision 1
      Route ✔ · Plan ✔ | $0.0386 of $5.00 | 1 turn, at most $2.00 a run | [plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) #2

      ▸ Router analysis: simple; Sonnet is the safe middle

      ▸ Cost by model

      <sub>`/baton approve` · `/baton revise` · `/baton reject` · `/baton help`</sub>

    baton[bot]:
      ### Plan revision 1 is ready

      Answers are kept in memory for five minutes, so that a repeated question is free.

      [Read the plan](https://github.test/acme/helpdesk/blob/<sha>/docs/prds/active/1-plan.md) · pull request #2 · 3 files · 3 tasks (2 Haiku, 1 Sonnet) · content `b604786138c7`

      - Complexity: simple → medium (medium task t2)
      - Planning cost: $0.0386
      - Building it: about $0.0993 to $0.32 (list price for 3 tasks on the tiers above; no history here yet)

      Planning complete. Read the plan, then approve it by this box or by `/baton approve 1`:

      - [ ] <!-- baton:do=approve rev=1 -->Approve plan (revision 1)

      To change it, write `/baton revise` and what should be different, here or on the pull request; `/baton reject` sets it aside. Nothing is built and nothing more is spent until you act.

      ▸ What the planner read

      ▸ Build it by hand with your own tools

    baton[bot]:
      ### Cost of #1: $0.0386

      | role | model | calls | tokens in | of them cached | tokens out | cost |
      |---|---|--:|--:|--:|--:|--:|
      | planner | `claude-opus-5-5` | 1 | 5,568 | 0 | 535 | $0.0386 |

      Amounts: list price, table of 2026-11-21. Abandoned and repeated calls are included.
    ");
}

/// Case 15: what was deleted before it was handled asks for nothing.
#[tokio::test]
async fn a_comment_that_is_deleted_before_it_is_handled_asks_for_nothing() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    let comment = ann.comments(issue, "/baton plan").unwrap();
    world.github.deliver_pending().await;
    ann.deletes_comment(comment).unwrap();
    world.settles().await;

    assert_eq!(world.stage(issue).await, "Seen");
}

#[tokio::test]
async fn a_comment_that_is_deleted_after_it_was_handled_changes_nothing() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;
    world.opus().will([submits(plan())]);
    let comment = ann.says(issue, "/baton plan").await;
    ann.deletes_comment(comment).unwrap();
    world.settles().await;

    assert_eq!(world.stage(issue).await, "Planned");
}

/// Case 46 and the breaker of case 47: Baton's own words start nothing.
#[tokio::test]
async fn our_own_echo_is_not_heard() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;

    ann.says(issue, "/baton help").await;
    let calls = world.calls_made();
    world.settles().await;

    assert_eq!(world.calls_made(), calls);
}

#[tokio::test]
async fn several_commands_in_one_comment_run_in_order() {
    let world = World::new().await;
    let ann = world.maintainer("ann");
    let issue = ann.opens("Add Redis caching", "Cache query results with 5min TTL").await;

    ann.says(issue, "/baton status\n/baton cost\n\nand then\n\n@baton help plan").await;

    assert_snapshot!(world.conversation(issue), @"
    #1 Add Redis caching

    ann: (eyes, rocket)
      /baton status
      /baton cost

      and then

      @baton help plan

    baton[bot]:
      ### Cost of #1: $0.00

      No model was called for this issue. Scoring and routing cost nothing.

    baton[bot]:
      ### Baton · Seen
      **Route** · Plan | $0.00 of $5.00

      ▸ Router analysis: simple; Sonnet is the safe middle

      <sub>`/baton plan` · `/baton route` · `/baton help`</sub>

    baton[bot]:
      ### `/baton plan [--model T] [--budget USD] [--include COMMENTS] [text]`

      Start a planning run; a committed plan and a draft pull request come out.

      The text, with the lines below it up to the next command, is given to the planner. `--model` is opus, sonnet or haiku. `--budget` lowers this run's limit; it never raises it. The planner reads comments by people with triage access; `--include` adds others' by their links or as `#issuecomment-123`, with commas between several, but never a bot's.

      - Where: an issue
      - Who: write access
      - Money: may start work that costs money
      - Examples: `/baton plan`, `/baton plan keep the public API as it is`, `/baton plan --model sonnet --budget 1.50`, `/baton plan --include #issuecomment-1234567 as described there`
    ");
}

/// Reading costs a person with triage nothing and the model nothing.
#[tokio::test]
async fn route_says_which_model_and_why() {
    let world = World::new().await;
    let tom = world.triager("tom");
    let issue = tom.opens("Implement the badge", "The notification counter in the header.").await;

    tom.says(issue, "/baton route --tokens 45k").await;

    assert_eq!(world.model.calls(), Vec::new());
    assert_snapshot!(world.newest_comment(issue), @"
    <!-- baton:key=1004/1/2/1 -->
    ### Model Router Analysis

    **Sonnet** is recommended for this implementation task: score 100 of 100 · no history yet here.

    - Why: Implementation work: “Implement”; No architecture or schema involved; 45k tokens left, below the 50k that Opus needs.
    - Complexity **simple** (low confidence: nothing in the text says how hard it is)
    - Scope: files not known yet
    - Cost on Sonnet: $0.0560 to $0.14 (20k to 50k tokens at list price, a tenth of them output; no finished runs here yet)
    - Next: Use Sonnet for this implementation. If it grows beyond 5 files or changes the schema, let Opus plan it first.
    - **Token budget warning:** 45k tokens left, below the 50k that Opus needs. Without the token limit Sonnet would fit (score 50 of 100).
      - Focused run now: keep to one component, read only what it needs
      - Fresh session: note the state, then start anew on Sonnet
      - Smaller pieces: split the work and give each piece its own session

    <details><summary>Signals and weights</summary>

    | signal | weight | evidence |
    |---|---:|---|
    | **Opus** | **0** |  |
    | tokens remaining below the threshold | -50 | `45k` |
    | **Sonnet** | **100** |  |
    | implementation keyword | +30 | `Implement` |
    | no architecture or schema word | +20 |  |
    | tokens remaining below the threshold | +30 | `45k` |
    | token-efficient mode | +40 | `45k` |
    | **Haiku** | **0** |  |
    | **Complexity simple** |  |  |
    | simple: nothing in the text says how hard it is |  |  |

    <sub>Issues rated by people that got this level (n = 286, smoothed): trivial 7 %, simple 35 %, medium 51 %, complex 6 %, expert 2 %. A score is not a probability.</sub>

    </details>
    ");
}

#[tokio::test]
async fn the_help_names_every_command() {
    let world = World::new().await;
    let eve = world.stranger("eve");
    let issue = eve.opens("Add Redis caching", "Cache query results with 5min TTL").await;

    eve.says(issue, "/baton help").await;

    assert_snapshot!(world.newest_comment(issue), @r"
    <!-- baton:key=1004/1/2/1 -->
    ### Baton's commands

    | command | what it does | where | who |
    |---|---|---|---|
    | `/baton route [--tokens N]` | Post the router analysis: which model should do this, and why. | I B P F | triage access |
    | `/baton plan [--model T] [--budget USD] [--include COMMENTS] [text]` | Start a planning run; a committed plan and a draft pull request come out. Costs money. | I | write access |
    | `/baton answer <n> <text>` | Answer the planner's questions; Baton shows what it took as the answer. Costs money. | I B | write access; the author's answer counts once somebody with it ticks its box or repeats it |
    | `/baton revise [--include COMMENTS] <text>` | Send the plan back with what should change; the next revision comes out. Costs money. | I B | write access |
    | `/baton approve [rev] [--start]` | Approve the plan as it stands on its branch. Costs money. | I B | write access |
    | `/baton unapprove` | Take the approval of the plan back. | I B | write access |
    | `/baton reject [why]` | Close the plan and its pull request without building it. | I B | write access |
    | `/baton implement [auto\|manual] [--model T] [--anyway]` | Build the plan, task by task, each on the cheapest model that can do it. Costs money. | I B | write access |
    | `/baton handoff <tier> [reason]` | Give the active task to a fresh run on this tier now. Costs money. | I B | write access |
    | `/baton escalate` | Give the active task to the next stronger model now. Costs money. | I B | write access |
    | `/baton downgrade` | Give the active task to the next cheaper model now. Costs money. | I B | write access |
    | `/baton task <id> done\|reopen\|skip` | Settle a task or open it again, like its box in the status comment. Costs money. | I B | write access |
    | `/baton fix [text]` | Have what the review asks for done: the open threads of people with write access. Costs money. | B | write access |
    | `/baton allow <hash>` | Say yes to what waits for a person: a change, or a commit without checks. Costs money. | I B | write access |
    | `/baton test` | Let the test-agent judge the pull request as it stands now. Costs money. | B | write access |
    | `/baton review` | Let the review-agent review the pull request as it stands now. Costs money. | B | write access |
    | `/baton status` | Refresh the status comment and link it. | I B P | read access |
    | `/baton cost` | Show what this issue has cost so far, by model and run. | I B P | read access |
    | `/baton cost add <USD> [text]` | Book what you paid for this issue outside Baton. | I B P | write access |
    | `/baton stop` | Stop whatever runs for this issue. | I B | triage access, or whoever asked for the work |
    | `/baton pause` | Lay work down after the turn that is under way; nothing is lost. | I B | triage access, or whoever asked for the work |
    | `/baton resume` | Go on with what is paused, at the very turn. Costs money. | I B | write access |
    | `/baton budget <USD\|+USD>` | Set or raise what this issue may cost in all. Costs money. | I B | maintain access |
    | `/baton retry` | Try again after a failure, from where it stopped. Costs money. | I B | write access |
    | `/baton help [command]` | Show the commands, or one of them. | I B P F | read access |

    Where: I: an issue, B: Baton's own pull request, P: another pull request, F: a pull request from a fork.

    Write one command per line, at the beginning of the line; several in one comment run in order. Quotations and code are not read. `@baton plan` is the same as `/baton plan`. `/route` and `/cost` work without the prefix. More about one of them: `/baton help plan`.
    ");
}
