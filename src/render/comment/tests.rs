//! What people read, as they read it. Look at these as a maintainer who was let down by a bot
//! before: what happened, what was done, what can I do, what did it cost?

use insta::assert_snapshot;

use super::*;
use crate::base::{MicroUsd, Millis, RunId, Timestamp};
use crate::domain::handoff::Trigger;
use crate::domain::security::SecurityConcern;
use crate::domain::tier::{Complexity, Role, Tier};
use crate::domain::workflow::{
    Block, Doing, Held, Inspector, PlanRef, RunFailure, Stage, State, Stop, Then,
};

const SEVEN: IssueNumber = IssueNumber(7);

fn question(question: &str, choices: &[&str], answer: Option<&str>) -> QuestionView {
    QuestionView {
        question: question.to_owned(),
        why: "The plan depends on it.".to_owned(),
        choices: choices.iter().map(|it| (*it).to_owned()).collect(),
        answer: answer.map(|text| AnswerView { text: text.to_owned(), by: "ann".to_owned() }),
    }
}

fn asked(questions_asked: Vec<QuestionView>) -> Asked {
    Asked {
        issue: SEVEN,
        tier: Tier::Opus,
        who: Worker::Planner,
        person: Some("ann".to_owned()),
        spent: MicroUsd(30_500),
        questions: questions_asked,
    }
}

pub(super) fn news() -> PlanNews {
    PlanNews {
        issue: SEVEN,
        revision: 2,
        hash: "b604786138c7".to_owned(),
        summary: "Answers are kept for five minutes.".to_owned(),
        plan_url: "https://github.com/acme/api/blob/abc/docs/prds/active/7-plan.md".to_owned(),
        path: "docs/prds/active/7-plan.md".to_owned(),
        branch: "baton/7-add-caching".to_owned(),
        approval: Approval::Open,
        limit: MicroUsd::dollars(5),
        starts_by_itself: false,
        pull_request: Some(IssueNumber(8)),
        merged_in: None,
        files: 3,
        tasks: vec![(Tier::Haiku, 2), (Tier::Sonnet, 1)],
        level: (Complexity::Simple, Complexity::Medium, "medium task t2".to_owned()),
        spent: MicroUsd(43_400),
        estimate: Some((MicroUsd(99_300), MicroUsd(380_000), "no history here yet".to_owned())),
        security: Vec::new(),
        warnings: vec!["task t3 names no file".to_owned()],
        work: None,
        has_code: false,
        read: None,
    }
}

fn view(stage: Stage) -> IssueView {
    IssueView {
        tasks: Vec::new(),
        issue: SEVEN,
        state: State { stage, ..State::new() },
        spent: MicroUsd(43_400),
        run: Some(RunView {
            role: Some(Role::Planner),
            tier: Tier::Opus,
            limit: MicroUsd::dollars(2),
            turns: 3,
            worked: Millis::minutes(4),
            silent: Millis(0),
            costly: None,
            waits: None,
        }),
        limit: MicroUsd::dollars(5),
        met: None,
        plan: None,
        approved_by: None,
        analysis: "<details><summary>Router analysis: simple</summary>\n\n…\n</details>".to_owned(),
        reports: Vec::new(),
        related: Vec::new(),
        ended_with: None,
        handoffs: Vec::new(),
        security: None,
        costs: vec![cost_line(MicroUsd::ZERO)],
        entered: Vec::new(),
        text_changed: false,
        plan_fault: None,
    }
}

/// A task of Haiku's is handed over to `to`.
fn handing(to: Tier, trigger: Trigger) -> Stage {
    let work = serde_json::json!({
        "plan": { "revision": 1, "hash": "" }, "approved": 1, "by_hand": false, "done": [],
        "skipped": [], "task": "t1", "tier": "haiku", "reds": 0, "escalations": 0, "handoffs": 0,
    });
    let work = serde_json::from_value(work).unwrap();
    Stage::HandingOver { work, run: RunId::from("run"), to, trigger }
}

#[test]
fn a_handoff_says_who_goes_on_and_why() {
    #[track_caller]
    fn check((to, trigger): (Tier, Trigger), says: [&str; 2]) {
        let told = status(&view(handing(to, trigger)));
        assert!(says.iter().all(|it| told.contains(it)), "{told}");
    }
    check(
        (Tier::Sonnet, Trigger::Stuck),
        ["### Baton · Handing over · Haiku → Sonnet\n", "\nHaiku is asked where it stands; then a"],
    );
    check(
        (Tier::Haiku, Trigger::Context),
        [
            "### Baton · Handing over · Haiku → a fresh run\n",
            "\nThe conversation of this run is nearly as large as is cheap.",
        ],
    );
}

#[test]
fn who_reviews_what_touches_security_is_said_with_the_reason() {
    #[track_caller]
    fn check((tier, concern): (Tier, Option<SecurityConcern>), says: &str) {
        let Stage::HandingOver { mut work, run, .. } = handing(tier, Trigger::Context) else {
            panic!("that is no handoff")
        };
        work.tier = tier;
        let paths = (1..=7).map(|n| format!("`src/auth/{n}.rs`")).collect();
        let security = concern.map(|concern| SecurityView { concern, paths });
        let stage =
            Stage::Inspecting { work, by: Inspector::ReviewAgent, run, then: Then::OnItsWay };
        let told = status(&IssueView { security, ..view(stage) });
        let begins =
            "All tasks are done. Before people look, the review-agent does; it changes nothing.";
        assert!(told.contains(&format!("{begins}{says}\n")), "{told}");
    }
    let paths = "`src/auth/1.rs`, `src/auth/2.rs`, `src/auth/3.rs`, `src/auth/4.rs`, `src/auth/5.rs` and 2 more";
    check((Tier::Sonnet, None), "");
    check(
        (Tier::Opus, Some(SecurityConcern::Planned)),
        &format!(" It is on Opus, because the plan touches security paths: {paths}."),
    );
    check(
        (Tier::Opus, Some(SecurityConcern::Built)),
        &format!(" It is on Opus, because the changes touch security paths: {paths}."),
    );
    check(
        (Tier::Sonnet, Some(SecurityConcern::Built)),
        &format!(
            " The changes touch security paths ({paths}); it would be on Opus, but this issue's \
             work changed hands as often as it may."
        ),
    );
}

#[test]
fn a_plan_that_touches_security_says_so_before_it_is_approved() {
    let security = vec!["`src/auth.rs`".to_owned()];
    let told = plan_ready(&PlanNews { security, ..news() });
    assert!(
        told.contains("\n- Touches security paths: `src/auth.rs`; Opus will review\n"),
        "{told}"
    );
    assert!(!plan_ready(&news()).contains("security"));
}

fn cost_line(assumed: MicroUsd) -> CostLine {
    CostLine {
        role: "planner".to_owned(),
        requested: "claude-opus-5-5".to_owned(),
        answered: "claude-opus-5".to_owned(),
        calls: 3,
        prompt_tokens: 51_234,
        cached_tokens: 40_000,
        output_tokens: 1_005,
        amount: MicroUsd(43_400),
        assumed,
    }
}

fn planning() -> Stage {
    Stage::Planning { run: "42/7/2/run0".into(), plan: None, rounds: 0 }
}

/// What stands above the folded parts.
fn head(view: &IssueView) -> String {
    let text = status(view);
    let visible = text.lines().skip(1).take_while(|it| !it.starts_with("<details>"));
    visible.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

#[track_caller]
fn check(view: &IssueView, expected: &str) {
    assert_eq!(head(view), expected);
}

#[test]
fn open_questions_say_how_to_answer() {
    let first = question("Is Redis optional?", &["Yes", "No"], None);
    let second = question("For how long?", &[], None);
    assert_snapshot!(questions(&asked(vec![first, second])), @"
    ### 2 questions before the plan of #7

    @ann, Opus has read the repository and needs to know this from you. $0.0305 so far; nothing is spent while it waits.

    **1. Is Redis optional?**

    The plan depends on it.

    - `1a` Yes
    - `1b` No

    **2. For how long?**

    The plan depends on it.

    Answer in a comment that begins with the number: `1a`, or several at once: `1: … 2: …`. Somebody with write access has to give the answer, because it lets the run go on. `/baton revise decide yourself` goes on without.
    ");
}

#[test]
fn an_answer_is_shown_as_it_was_taken() {
    let first = question("Is Redis optional?", &["Yes", "No"], Some("Yes"));
    let second = question("For how long?", &[], None);
    assert_snapshot!(questions(&asked(vec![first.clone(), second])), @"
    ### 2 questions before the plan of #7

    @ann, Opus has read the repository and needs to know this from you. $0.0305 so far; nothing is spent while it waits.

    **1. Is Redis optional?**

    The plan depends on it.

    - `1a` Yes
    - `1b` No

    Taken from ann: Yes

    **2. For how long?**

    The plan depends on it.

    Still open: 2. Answer in a comment that begins with the number: `2: your answer`. Somebody with write access has to give the answer, because it lets the run go on. `/baton revise decide yourself` goes on without.
    ");
    let all = questions(&Asked { person: None, ..asked(vec![first]) });
    assert!(all.contains("\nOpus has read"), "{all}");
    assert!(all.ends_with("replaces the one above.\n"), "{all}");
}

#[test]
fn a_builders_question_is_about_its_task_and_waits_a_day() {
    let about = |task: &str| {
        let who = Worker::Builder { task: task.to_owned() };
        let view = asked(vec![question("Which cache?", &["Redis", "Memory"], None)]);
        questions(&Asked { tier: Tier::Haiku, who, ..view })
    };
    let text = about("t2");
    assert!(
        text.starts_with("### 1 question about task t2\n\n@ann, Haiku builds task t2 and"),
        "{text}"
    );
    assert!(text.ends_with(" Without one it goes on after 24 hours as the plan says.\n"), "{text}");
    assert!(!text.contains("plan of #7") && !text.contains("/baton revise"), "{text}");
    assert!(about("findings").contains("Haiku mends what was found and needs"));
    assert!(about("review-1").starts_with("### 1 question about the review\n"));
}

#[test]
fn the_news_of_a_plan_says_what_to_do_next() {
    assert_snapshot!(plan_ready(&news()), @"
    ### Plan revision 2 is ready

    Answers are kept for five minutes.

    [Read the plan](https://github.com/acme/api/blob/abc/docs/prds/active/7-plan.md) · pull request #8 · 3 files · 3 tasks (2 Haiku, 1 Sonnet) · content `b604786138c7`

    - Complexity: simple → medium (medium task t2)
    - Planning cost: $0.0434
    - Building it: about $0.0993 to $0.38 (no history here yet)
    - Worth a look: task t3 names no file

    Planning complete. Read the plan, then approve it by this box or by `/baton approve 2`:

    - [ ] <!-- baton:do=approve rev=2 -->Approve plan (revision 2)

    To change it, write `/baton revise` and what should be different, here or on the pull request; `/baton reject` sets it aside. Nothing is built and nothing more is spent until you act.

    <details><summary>Build it by hand with your own tools</summary>

    A new session keeps the planner's reading out of the bill. It builds all tasks, so it runs on Sonnet, the strongest model that any of them needs:

    ```sh
    git fetch origin baton/7-add-caching
    git switch baton/7-add-caching
    claude --model sonnet
    ```

    ```text
    Read docs/prds/active/7-plan.md completely, then CLAUDE.md or AGENTS.md if the repository has one.
    Implement the plan for issue #7 task by task, in the order of its table.
    Follow the plan; add nothing it does not name. After each task run its verify check and
    tick it in the checklist. Where the plan is unclear, ask instead of guessing.
    ```

    </details>
    ");
    let bare = PlanNews { pull_request: None, estimate: None, warnings: Vec::new(), ..news() };
    let text = plan_ready(&bare);
    assert!(text.contains("· branch `baton/7-add-caching` ·"), "{text}");
    assert!(!text.contains("Building it"), "{text}");
    let text = plan_ready(&PlanNews { tasks: vec![(Tier::Haiku, 8), (Tier::Opus, 1)], ..news() });
    assert!(text.contains("claude --model opus\n") && text.contains("runs on Opus,"), "{text}");
}

#[test]
fn an_end_and_a_reminder_call_one_person() {
    assert_snapshot!(ended(Stop::Unanswered, Some("ann"), MicroUsd(43_400)), @"
    ### Baton has stopped here

    @ann, nobody answered in time. Nothing runs and nothing more is spent ($0.0434 so far). `/baton retry` takes it up again.
    ");
    assert_snapshot!(reminder(Some("ann"), Reminds::Questions), @"@ann, the questions above have waited for a week. In another week the run is stopped; `/baton stop` ends it now.");
    assert_snapshot!(reminder(Some("ann"), Reminds::Ready), @"@ann, the pull request has waited for a review or its merge for two weeks. In about two more Baton no longer looks after it; it stays open, and its merge still counts. `/baton stop` ends the work now.");
    assert_snapshot!(reminder(None, Reminds::Plan), @"The plan has waited for two weeks. In about two more it is set aside; `/baton revise` and what should be different changes it, `/baton stop` ends it now.");
}

#[test]
fn a_status_comment_is_short() {
    assert_snapshot!(status(&view(planning())), @"
    <!-- baton:status v1 issue=7 -->
    ### Baton · Planning · Opus
    Route ✔ · **Plan** | $0.0434 of $5.00 | 3 turns in 4 min, at most $2.00 a run

    <details><summary>Router analysis: simple</summary>

    …
    </details>

    <details><summary>Cost by model</summary>

    | role | model | calls | tokens in | of them cached | tokens out | cost |
    |---|---|--:|--:|--:|--:|--:|
    | planner | `claude-opus-5-5`, answered by `claude-opus-5` | 3 | 51,234 | 40,000 | 1,005 | $0.0434 |

    </details>

    <sub>`/baton revise` · `/baton stop` · `/baton help`</sub>
    ");
}

#[test]
fn each_stage_says_where_the_issue_stands() {
    let fresh = IssueView { run: None, spent: MicroUsd::ZERO, ..view(Stage::Seen) };
    check(&fresh, "### Baton · Seen\n**Route** · Plan | $0.00 of $5.00");
    let asking = Stage::Asking {
        run: "r".into(),
        plan: None,
        round: 1,
        questions: 3,
        answered: 0b101,
        work: None,
    };
    check(
        &view(asking),
        "### Baton · Waiting for 1 answer\nRoute ✔ · **Plan** | $0.0434 of $5.00 | 3 turns in 4 min, at most $2.00 a run\n\n2 of 3 answered. Nothing is spent while it waits.",
    );
    let plan = PlanRef { revision: 2, hash: "b6".to_owned() };
    let url = "https://github.com/plan".to_owned();
    let link = PlanLink { revision: 2, url, pull_request: Some(IssueNumber(8)), merged_in: None };
    let planned = IssueView {
        plan: Some(link),
        text_changed: true,
        ..view(Stage::Planned { plan, approved: None })
    };
    check(
        &planned,
        "### Baton · Planned · revision 2\nRoute ✔ · Plan ✔ | $0.0434 of $5.00 | 3 turns in 4 min, at most $2.00 a run | [plan](https://github.com/plan) #8\n\nThe issue's text changed after the run read it; `/baton revise` takes the change up.",
    );
    let why = Block::Run(RunFailure::ProviderDown);
    check(
        &view(Stage::Blocked { why, held: Held::default() }),
        "### Baton · Blocked · needs a person\nRoute ✔ · **Plan** | $0.0434 of $5.00 | 3 turns in 4 min, at most $2.00 a run\n\nThe model provider has not answered for six hours.",
    );
    check(
        &view(Stage::Stopped { why: Stop::Person, held: Held::default() }),
        "### Baton · Stopped\nRoute ✔ · Plan | $0.0434 of $5.00 | 3 turns in 4 min, at most $2.00 a run\n\nSomebody asked to stop.",
    );
}

#[test]
fn a_run_that_waits_says_for_whom() {
    let until = Timestamp::parse_iso("2026-11-20T09:01:00Z").unwrap();
    let waiting = |whom| {
        let mut view = view(planning());
        view.run = view.run.map(|it| RunView { waits: Some((whom, until)), ..it });
        head(&view)
    };
    assert_snapshot!(waiting(Waiting::Provider), @"
    ### Baton · Planning · Opus
    Route ✔ · **Plan** | $0.0434 of $5.00 | 3 turns in 4 min, at most $2.00 a run

    The model provider has no capacity; the run goes on by itself at about 09:01 UTC. Nothing is spent while it waits.
    ");
    assert_snapshot!(waiting(Waiting::GitHub), @"
    ### Baton · Planning · Opus
    Route ✔ · **Plan** | $0.0434 of $5.00 | 3 turns in 4 min, at most $2.00 a run

    GitHub does not hand out the repository just now; the run goes on by itself at about 09:01 UTC. Nothing is spent while it waits.
    ");
}

/// Whatever the run is for; half-way to its rung's own patience people read of a silence.
#[test]
fn a_run_that_says_nothing_is_told_of_wherever_it_works() {
    let hands_over = handing(Tier::Opus, Trigger::Stuck);
    let Stage::HandingOver { work, run, .. } = hands_over.clone() else { unreachable!() };
    let (by, then) = (Inspector::TestAgent, Then::OnItsWay);
    let doing = Doing::Building { run: run.clone() };
    let looks = Stage::Inspecting { work: work.clone(), by, run, then };
    let until = Some((Waiting::Provider, Timestamp::parse_iso("2026-11-20T09:01:00Z").unwrap()));
    let silent = "No sign of life from Haiku for 5 min; after 10 min";
    for (stage, follows) in [
        (planning(), Some("a person is called.")),
        (Stage::Working { work, doing }, Some("Sonnet takes over.")),
        (looks, Some("Sonnet takes over.")),
        (hands_over, None),
    ] {
        let shown = |waits, minutes| {
            let mut view = view(stage.clone());
            let (tier, silent) = (Tier::Haiku, Millis::minutes(minutes));
            view.run = view.run.map(|it| RunView { waits, silent, tier, ..it });
            head(&view)
        };
        assert!(shown(until, 9).contains("no capacity; the run goes on by itself at about 09:01"));
        let (told, said) = (follows.map(|it| format!("{silent} {it}")), shown(None, 5));
        assert!(told.map_or(!said.contains("No sign"), |it| said.contains(&it)), "{said}");
        assert!(!shown(until, 9).contains("No sign") && !shown(None, 4).contains("No sign"));
    }
}

#[test]
fn the_bill_names_what_is_only_assumed() {
    assert_snapshot!(cost_report(SEVEN, (&[], &[]), "list price"), @"
    ### Cost of #7: $0.00

    No model was called for this issue. Scoring and routing cost nothing.
    ");
    let lines = [cost_line(MicroUsd(12_000))];
    assert_snapshot!(cost_report(SEVEN, (&lines, &[]), "list price, table of 2026-11-21"), @"
    ### Cost of #7: $0.0434

    | role | model | calls | tokens in | of them cached | tokens out | cost |
    |---|---|--:|--:|--:|--:|--:|
    | planner | `claude-opus-5-5`, answered by `claude-opus-5` | 3 | 51,234 | 40,000 | 1,005 | $0.0434 ($0.0120 of it assumed) |

    Amounts: list price, table of 2026-11-21. Abandoned and repeated calls are included. *Assumed* is a call whose answer never came: it may have been billed, so it counts at the most it could have cost.
    ");
}

/// A login comes from outside: only what GitHub allows as one becomes a mention.
#[test]
fn only_a_login_is_mentioned() {
    assert_eq!([mention("ann-b"), mention("ann_acme")], ["@ann-b", "@ann_acme"]);
    assert_eq!([&mention("robo[bot]"), name("robo[bot]")], ["`robo[bot]`", "robo[bot]"]);
    for strange in ["", "a b[bot]", "acme/team", "a b", "ann`", "änn", &"a".repeat(65)] {
        assert_eq!(mention(strange), "Somebody", "{strange}");
        assert_eq!(name(strange), "Somebody", "{strange}");
    }
}

/// Every comment is found again by its first line, and shows commands in code only.
#[test]
fn commands_stand_in_code_only() {
    let key = EffectKey::from("42/7/3/1");
    assert_eq!(keyed(&key, "x"), "<!-- baton:key=42/7/3/1 -->\nx");
    let open = asked(vec![question("A?", &["Yes"], None)]);
    let texts = [
        questions(&open),
        plan_ready(&news()),
        pull_request(&news()),
        blocked(Block::Stuck, (&Worker::Planner, false), None, None, None, MicroUsd::ZERO),
        ended(Stop::Unanswered, None, MicroUsd::ZERO),
        reminder(None, Reminds::Questions),
        reminder(None, Reminds::Plan),
        reminder(None, Reminds::Ready),
        reminder(None, Reminds::Pause),
        status(&view(planning())),
    ];
    let names = crate::domain::command::Names { slug: "baton", bare: &["route", "plan", "help"] };
    for text in texts {
        assert!(crate::domain::command::commands_in(&text, &names).is_empty(), "{text}");
    }
}
