use proptest::prelude::*;

use super::*;
use crate::domain::permission::Right;

const NAMES: Names<'static> = Names { slug: "baton-app", bare: &DEFAULT_BARE };

/// One line per find, as a person would say it.
fn told(found: &[Found]) -> Vec<String> {
    let tell = |it: &Found| match it {
        Found::Command { command, line } => format!("{line} {}", written(command)),
        Found::Unknown { word, nearest, line } => format!("{line} unknown {word} {nearest:?}"),
        Found::Malformed { name, line, .. } => format!("{line} malformed {name}"),
        Found::Lookalike { line } => format!("{line} lookalike"),
        Found::TooMany { line } => format!("{line} too many"),
    };
    found.iter().map(tell).collect()
}

fn including(comments: &[CommentId]) -> String {
    comments.iter().map(|it| format!("[#{it}]")).collect()
}

fn written(command: &Command) -> String {
    match command {
        Command::Route { tokens: Some(tokens) } => format!("route {tokens}"),
        Command::Plan { model, budget, text, include } => {
            let model = model.map(|it| format!("[{it}]")).unwrap_or_default();
            let budget = budget.map(|it| format!("[{it}]")).unwrap_or_default();
            format!("plan{model}{budget}{} {text:?}", including(include))
        }
        Command::Answer { answers } => format!("answer {}", briefly(answers)),
        Command::Revise { text, include } => format!("revise{} {text:?}", including(include)),
        Command::Approve { revision, start } => {
            let revision = revision.map(|it| format!(" {it}")).unwrap_or_default();
            format!("approve{revision}{}", if *start { " and start" } else { "" })
        }
        Command::Implement { manual, model, anyway } => {
            let model = model.map(|it| format!("[{it}]")).unwrap_or_default();
            let anyway = if *anyway { " anyway" } else { "" };
            format!("implement{model}{}{anyway}", if *manual { " manual" } else { "" })
        }
        Command::Task { id, act } => format!("task {id} {act:?}").to_lowercase(),
        Command::Handoff { to: Rung::To(tier), reason } => match reason.as_str() {
            "" => format!("handoff {tier}"),
            reason => format!("handoff {tier} {reason:?}"),
        },
        Command::Fix { text } => format!("fix {text:?}"),
        Command::Allow { hash } => format!("allow {hash}"),
        Command::Budget { change: BudgetChange::To(amount) } => format!("budget {amount}"),
        Command::Budget { change: BudgetChange::By(amount) } => format!("budget +{amount}"),
        Command::CostAdd { amount, text } => format!("cost add {amount} {text}"),
        Command::Help { command: Some(name) } => format!("help {name}"),
        Command::Route { tokens: None }
        | Command::Handoff { to: Rung::Up | Rung::Down, .. }
        | Command::Unapprove
        | Command::Reject
        | Command::Status
        | Command::Cost
        | Command::Test
        | Command::Review
        | Command::Stop
        | Command::Pause
        | Command::Resume
        | Command::Retry
        | Command::Help { command: None } => command.name().to_owned(),
    }
}

fn briefly(answers: &[Answer]) -> String {
    let one = |it: &Answer| {
        let choice = it.choice.map(String::from).unwrap_or_default();
        let text = if it.text.is_empty() { String::new() } else { format!("={}", it.text) };
        format!("{}{choice}{text}", it.question)
    };
    answers.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(told(&commands_in(text, &NAMES)), expected, "in {text:?}");
}

#[test]
fn comments_are_included_by_link_or_number() {
    let link = "https://github.com/acme/api/issues/1#issuecomment-7";
    check(&format!("/baton plan --include {link}"), &["1 plan[#7] \"\""]);
    check("/baton plan --include #issuecomment-7,8,#8 as there", &["1 plan[#7][#8] \"as there\""]);
    check("/baton revise smaller --include issuecomment-7", &["1 revise[#7] \"smaller\""]);
    check("/baton revise --include 7", &["1 malformed revise"]);
    check("/baton revise --include *.rs with grep", &["1 malformed revise"]);
    // Inside the text it may be what the text speaks of.
    let text = "let grep run with --include *.rs and --include *.md";
    check(&format!("/baton revise {text}"), &[&format!("1 revise {text:?}")]);
    check("/baton revise say --include", &["1 revise \"say --include\""]);
    check("/baton revise smaller --include .../pull/7#discussion_r99", &["1 malformed revise"]);
    check("/baton revise smaller --include 1 --include 2", &["1 malformed revise"]);
    check("/baton plan --include", &["1 malformed plan"]);
    check("/baton plan --include his", &["1 malformed plan"]);
    check("/baton plan --include 0", &["1 malformed plan"]);
    check("/baton plan --include 1,2,3,4,5,6,7,8,9,10,11", &["1 malformed plan"]);
}

#[test]
fn an_approval_names_a_revision_or_nothing() {
    check("/baton approve", &["1 approve"]);
    check("/baton approve 2", &["1 approve 2"]);
    check("/baton approve revision 2.", &["1 approve 2"]);
    check("/baton approve r2", &["1 approve 2"]);
    check("/baton approve 0", &["1 malformed approve"]);
    check("/baton approve if it is small", &["1 malformed approve"]);
    check("/baton approve 70000", &["1 malformed approve"]);
    check("/baton approve --force", &["1 malformed approve"]);
    check("/baton approve --start", &["1 approve and start"]);
    check("/baton approve 2 --start", &["1 approve 2 and start"]);
    check("/baton unapprove", &["1 unapprove"]);
    check("/baton unapprove it", &["1 malformed unapprove"]);
    check("/baton reject we keep the old cache", &["1 reject"]);
}

#[test]
fn building_is_begun_handed_on_and_settled_by_words() {
    check("/baton implement", &["1 implement"]);
    check("/baton implement auto --model Opus", &["1 implement[opus]"]);
    check("/baton implement manual", &["1 implement manual"]);
    check("/baton implement manual --model opus", &["1 malformed implement"]);
    check("/baton implement quickly", &["1 malformed implement"]);
    check("/baton handoff opus", &["1 handoff opus"]);
    check("/baton handoff", &["1 malformed handoff"]);
    check(
        "/baton handoff opus: the locking is subtle",
        &["1 handoff opus \"the locking is subtle\""],
    );
    check("/baton handoff because opus is better", &["1 malformed handoff"]);
    check("/baton escalate", &["1 escalate"]);
    check("/baton downgrade now", &["1 malformed downgrade"]);
    check("/baton task T2 done", &["1 task t2 done"]);
    check("/baton task t2", &["1 malformed task"]);
    check("/baton task ../x done", &["1 malformed task"]);
    check("/baton allow `1F3A9C2B7D40`", &["1 allow 1f3a9c2b7d40"]);
    check("/baton allow all", &["1 malformed allow"]);
}

#[test]
fn work_is_paused_and_its_limit_changed_by_words() {
    check("/baton budget 5", &["1 budget $5.00"]);
    check("/baton budget +5", &["1 budget +$5.00"]);
    check("/baton budget $5", &["1 budget $5.00"]);
    check("/baton budget + $2.50", &["1 budget +$2.50"]);
    check("/baton budget 0", &["1 malformed budget"]);
    check("/baton budget +0", &["1 malformed budget"]);
    check("/baton budget x", &["1 malformed budget"]);
    check("/baton budget -5", &["1 malformed budget"]);
    check("/baton budget", &["1 malformed budget"]);
    check("/baton budget 5 each", &["1 malformed budget"]);
    check("/baton budget 99999999999999999999", &["1 malformed budget"]);
    check("/baton pause", &["1 pause"]);
    check("/baton pause until Monday, please", &["1 pause"]);
    check("/baton pause --all", &["1 malformed pause"]);
    check("/baton resume", &["1 resume"]);
    check("/baton resume now", &["1 malformed resume"]);
}

#[test]
fn commands_are_found_wherever_they_stand() {
    check("/baton route", &["1 route"]);
    check("@baton-app plan", &["1 plan \"\""]);
    check("@Baton-App[bot]: plan", &["1 plan \"\""]);
    check("  /BATON   Plan  ", &["1 plan \"\""]);
    check("/baton\u{a0}route", &["1 route"]);
    check("Thanks!\n/baton route\nSee above.\r\n/baton cost\r\n", &["2 route", "4 cost"]);
    check("/baton stop.", &["1 stop"]);
    check("/baton test\n/baton review!", &["1 test", "2 review"]);
    check("/baton test t1", &["1 malformed test"]);
    check("/baton: status", &["1 status"]);
    check("/baton", &["1 help"]);
    check("/baton stop\n---\nAnn", &["1 stop"]);
    check("- a list\n/baton retry", &["2 retry"]);
    check("~~old~~\n\n/baton retry", &["3 retry"]);
    check("Returns `Vec<T>` or Option<String>\n/baton route", &["2 route"]);
}

#[test]
fn other_words_are_silence() {
    for text in [
        "please /baton plan this",
        "/batons plan",
        "/baton-plan",
        "@baton-app-two plan",
        "@baton-app/team plan",
        "see @baton-app plan",
        "/plan",
        "/approve",
        "/routes",
        "/route/x",
        "baton plan",
        "\\/baton plan",
        "**/baton plan**",
        "# /baton plan",
        "- /baton plan",
        "",
    ] {
        check(text, &[]);
    }
    check("/route", &["1 route"]);
    check("/Cost", &["1 cost"]);
    let none = Names { slug: "", bare: &[] };
    assert_eq!(commands_in("/route\n@ plan\n@baton-app plan", &none), []);
}

#[test]
fn what_a_reader_sees_as_quoted_or_not_at_all_is_no_command() {
    for text in [
        "> /baton plan",
        "> quoted\n/baton plan drawn into the quotation",
        "`\n/baton plan\n`",
        "```\n/baton plan\n```",
        "```\n/baton plan",
        "~~~sh\n/baton plan\n",
        "text:\n\n    /baton plan",
        "text:\n\n\t/baton plan",
        "<!-- \n/baton plan\n-->",
        "x <!-- a\n/baton plan\n--> y",
        "<!-- never closed\n\n/baton plan",
        "[text\n/baton plan](https://example.org)",
        "[a]: https://example.org \"title\n/baton plan\"",
        "~~struck\n/baton plan\nout~~",
        "<details>\n\n/baton plan\n\n</details>",
        "<blockquote>\n\n/baton plan\n\n</blockquote>",
        "<div hidden>\n\n/baton plan\n\n</div>",
        "<pre>\n/baton plan\n</pre>",
        "<div\ntitle='\n/baton plan\n'>",
        "<b title='\n/baton plan\n'>x</b>",
        "Done.\n\n-- \nAnn\n/baton plan",
        "Done.\n\nOn Fri, Nov 20, 2026 at 10:00 AM Ann <a@b.example> wrote:\n> /baton plan",
        "Done.\n\nOn Fri, Nov 20, 2026 at 10:00 AM Ann <a@b.example> wrote:\n\n/baton plan",
        "Done.\n\nOn Fri, Nov 20, 2026 at 10:00 AM Ann\n<a@b.example> wrote:\n\n/baton plan",
        "Am 20.11.2026 um 10:00 schrieb Ann:\n/baton plan",
        "Ok\n-----Original Message-----\nFrom: Ann\n/baton plan",
        "Reply to this email directly, view it on GitHub\n/baton plan",
    ] {
        check(text, &[]);
    }
    check("<details>\n\nlog\n\n</details>\n\n/baton route", &["7 route"]);
    check("On reflection Ann wrote:\n/baton route", &["2 route"]);
    check("On 20 Nov Ann wrote:\n> Plan it?\n\n/baton route", &["4 route"]);
}

#[test]
fn texts_reach_to_the_next_command() {
    check("/baton plan keep it small", &["1 plan \"keep it small\""]);
    check("/baton revise\n- a\n- b\n\n/baton status", &["1 revise \"- a\\n- b\"", "5 status"]);
    check(
        "/baton revise first\n```\n/baton stop\n```\nlast",
        &["1 revise \"first\\n```\\n/baton stop\\n```\\nlast\""],
    );
    check("/baton plan a\n\n-- \nAnn", &["1 plan \"a\""]);
    check("/baton route\nsome prose", &["1 route"]);
    check("/baton revise", &["1 malformed revise"]);
}

#[test]
fn options() {
    check("/baton route --tokens 45,000", &["1 route 45000"]);
    check("/baton route --tokens=45k", &["1 route 45000"]);
    check("/baton route —tokens 1m", &["1 route 1000000"]);
    check("/baton plan --model Sonnet --budget $1.5", &["1 plan[sonnet][$1.50] \"\""]);
    check("/baton plan be brief --model haiku\nok", &["1 plan[haiku] \"be brief\\nok\""]);
    check("/baton plan support the --watch flag", &["1 plan \"support the --watch flag\""]);
    for text in [
        "/baton plan --model gpt",
        "/baton plan --model",
        "/baton plan --model opus --model opus",
        "/baton plan --budget 0",
        "/baton plan --budget -1",
        "/baton plan --budget many",
        "/baton plan --modle opus",
    ] {
        check(text, &["1 malformed plan"]);
    }
    check("/baton route --tokens -5", &["1 malformed route"]);
    check("/baton route --tokens 99999999999999999999", &["1 malformed route"]);
    check("/baton route this", &["1 malformed route"]);
    check("/baton status --all", &["1 malformed status"]);
    check("/baton stop please, it is wrong", &["1 stop"]);
    check("/baton stop --all", &["1 malformed stop"]);
    check("/baton cost add 5", &["1 cost add $5.00 "]);
    check("/baton cost ADD $4.20 two hours", &["1 cost add $4.20 two hours"]);
    check("/baton cost add 10000", &["1 cost add $10000.00 "]);
    check("/baton cost 5", &["1 malformed cost"]);
    for bad in ["", "-5", "0", "0.00", "10000.01", "99999999999999", "five", "nan", "1e3"] {
        check(&format!("/baton cost add {bad}"), &["1 malformed cost"]);
    }
    check("/baton help plan", &["1 help plan"]);
    check("/baton help /paln", &["1 help plan"]);
    check("/baton help xyzzy", &["1 malformed help"]);
}

#[test]
fn typos_get_the_nearest_match() {
    check("/baton paln", &["1 unknown paln Some(\"plan\")"]);
    check("/baton rout", &["1 unknown rout Some(\"route\")"]);
    check("/baton stauts", &["1 unknown stauts Some(\"status\")"]);
    check("/baton rev", &["1 unknown rev Some(\"revise\")"]);
    check("/baton make-coffee", &["1 unknown make-coffee None"]);
    check("@baton-app thanks!", &["1 unknown thanks None"]);
    check("/baton `@all`", &["1 unknown all None"]);
    check("/baton <!-- x --> plan", &["1 unknown -- None"]);
}

#[test]
fn lookalikes_are_named_and_never_run() {
    check("/bаton plan", &["1 lookalike"]);
    check("/ba\u{200b}ton plan", &["1 lookalike"]);
    check("\u{200b}/baton plan", &["1 lookalike"]);
    check("／baton plan", &["1 lookalike"]);
    check("@bаton-app plan", &["1 lookalike"]);
    check("/baton plаn", &["1 lookalike"]);
    check("/baton\u{e0020} plan", &["1 lookalike"]);
    check("> /bаton plan", &[]);
    check("Ünïcode прose", &[]);
}

#[test]
fn at_most_ten_commands() {
    let found = commands_in(&"/baton route\n".repeat(12), &NAMES);
    assert_eq!(found.len(), MAX_COMMANDS + 1);
    assert_eq!(found.last(), Some(&Found::TooMany { line: 11 }));
}

#[track_caller]
fn check_edit(before: &str, after: &str, expected: &[&str]) {
    let added = commands_added(Some(before), after, &NAMES);
    assert_eq!(told(&added), expected, "{before:?} -> {after:?}");
}

#[test]
fn an_edit_runs_only_what_it_added() {
    check_edit("hello", "/baton route", &["1 route"]);
    check_edit("/baton route", "so:\n/baton route", &[]);
    check_edit("/baton route", "/baton route\n/baton route", &["2 route"]);
    check_edit("/baton route", "/baton plan", &["1 plan \"\""]);
    check_edit("/baton revise add tetss", "/baton revise add tests", &[]);
    check_edit("/baton revise", "/baton revise add tests", &["1 revise \"add tests\""]);
    check_edit("/baton plan --model gpt", "/baton plan --model opus", &["1 plan[opus] \"\""]);
    check_edit("/baton paln", "/baton paln!\nok", &[]);
    check_edit("/baton answer 1a", "/baton answer 1b", &["1 answer 1b"]);
    check_edit("/baton plan a", "/baton plan a\n/baton stop", &["2 stop"]);
    assert_eq!(told(&commands_added(None, "/baton route", &NAMES)), ["1 route"]);
}

#[track_caller]
fn check_answers(text: &str, open: u8, expected: &str) {
    assert_eq!(briefly(&answers_in(text, open)), expected, "in {text:?}");
}

#[test]
fn answers_in_comments() {
    check_answers("1: yes", 2, "1=yes");
    check_answers("1b 2a", 2, "1b 2a");
    check_answers("1B, 2a", 2, "1b 2a");
    check_answers("1: yes\n2: no,\nnever", 2, "1=yes 2=no,\nnever");
    check_answers("1. Redis\n2) b", 2, "1=Redis 2b");
    check_answers("1b because of the cache", 1, "1b=because of the cache");
    check_answers("> 1: Is it optional?\n\n1: yes", 1, "1=yes");
    check_answers("1: yes\n1: no", 1, "1=no");
    check_answers("1: yes\n3: other", 2, "1=yes\n3: other");
    check_answers("1: yes<!-- 2: no -->", 2, "1=yes");
    for text in ["3: x", "0: x", "1.5 seconds", "1 more thing", "yes", "", "I say 1: yes", "1:"] {
        check_answers(text, 2, "");
    }
    check("/baton answer 1 yes, please", &["1 answer 1=yes, please"]);
    check("/baton answer 1 b", &["1 answer 1b"]);
    check("/baton answer 1b 2a\n3: no", &["1 answer 1b 2a 3=no"]);
    check("/baton answer", &["1 malformed answer"]);
    check("/baton answer yes", &["1 malformed answer"]);
}

#[test]
fn one_open_question_takes_the_whole_comment() {
    let brief = |text| free_answer(text, 1).map(|it| briefly(&[it]));
    assert_eq!(brief("Yes, optional."), Some("1=Yes, optional.".to_owned()));
    assert_eq!(brief("b"), Some("1b".to_owned()));
    assert_eq!(brief("1: yes"), Some("1=yes".to_owned()));
    assert_eq!(brief("> only a quotation"), None);
    assert_eq!(brief("<!-- nothing -->"), None);
    assert_eq!(free_answer("b)", 2).and_then(|it| it.choice), Some('b'));
}

#[test]
fn the_table_is_complete_and_its_examples_parse() {
    for (index, row) in TABLE.into_iter().enumerate() {
        assert!(TABLE.iter().skip(index + 1).all(|it| it.name != row.name), "{}", row.name);
        assert!(row.description.ends_with('.') && !row.examples.is_empty(), "{}", row.name);
        assert!(!row.rule.places.is_empty());
        for example in row.examples {
            let found = commands_in(example, &NAMES);
            let [Found::Command { command, .. }] = found.as_slice() else {
                panic!("{example} is {found:?}")
            };
            assert_eq!(command.spec(), row, "{example}");
        }
    }
    for bare in DEFAULT_BARE {
        assert!(spec(bare).is_some_and(|it| !it.spends), "{bare}");
    }
}

#[test]
fn what_spends_needs_write() {
    for row in TABLE {
        if row.spends {
            assert!(Right::Write <= row.rule.least, "{}", row.name);
            assert!(!row.rule.places.contains(&Place::ForkPullRequest), "{}", row.name);
        }
    }
    let plan =
        Command::Plan { model: None, budget: None, text: String::new(), include: Vec::new() };
    let write = Asker::with(Right::Write);
    assert_eq!(may(write, &plan, Place::Issue), Ok(Permit::Now));
    assert!(may(write, &plan, Place::BatonPullRequest).is_err());
    assert!(may(Asker::with(Right::Triage), &plan, Place::Issue).is_err());
    let author = Asker { author: true, ..Asker::with(Right::Read) };
    assert_eq!(may(author, &Command::Answer { answers: vec![] }, Place::Issue), Ok(Permit::Held));
}

#[test]
fn adversarial_comments_are_read_in_linear_time() {
    for part in
        ["<!--", "[", "`", "> ", "/baton plan\n", "@baton-app ", "<details>\n\n", "1a ", "*a_"]
    {
        let text = part.repeat(100_000 / part.len());
        commands_in(&text, &NAMES);
        answers_in(&text, 3);
    }
}

proptest! {
    #[test]
    fn nothing_panics(text in "\\PC*", lines in prop::collection::vec(
        prop::sample::select(vec!["/baton plan", "> ", "```", "<!--", "-->", "1b", "@baton-app ",
            "\n", "<details>", "\u{200b}", "/bаton", " --model", "On 1 a wrote:\n", "-- \n"]), 0..40),
    ) {
        commands_in(&text, &NAMES);
        answers_in(&text, 3);
        free_answer(&text, 1);
        let mixed = format!("{}{text}", lines.concat());
        let found = commands_in(&mixed, &NAMES);
        prop_assert!(found.len() <= MAX_COMMANDS + 1);
        prop_assert_eq!(commands_added(Some(&mixed), &mixed, &NAMES), vec![]);
        answers_in(&mixed, 3);
        let safe = crate::domain::hygiene::defang(&mixed, &["github.com"]);
        let found = commands_in(&safe, &NAMES);
        prop_assert!(found.iter().all(|it| matches!(it, Found::Lookalike { .. })), "{safe}");
    }
}
