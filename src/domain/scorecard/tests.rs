use super::*;

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|it| (*it).to_owned()).collect()
}

/// Work in which everything went well.
fn good() -> Work {
    Work {
        planned: set(&["src/cache.rs", "src/rag.rs", "README.md"]),
        touched: Some(set(&["src/cache.rs", "README.md"])),
        plans_documentation: true,
        built: set(&["t1", "t2"]),
        red: BTreeSet::new(),
        verdicts: 2,
        stuck_verdicts: 0,
        reviews: vec![0],
        questions: 0,
        sessions: vec![("planner".to_owned(), 21_000), ("implementer".to_owned(), 9_000)],
        cached: 1_234_567,
        pushes_by_people: 0,
    }
}

#[track_caller]
fn check(work: &Work, check: Check, expected: (Holds, &str)) {
    let lines = scorecard(work);
    let line = lines.iter().find(|it| it.check == check).unwrap();
    assert_eq!((line.holds, line.because.as_str()), expected);
}

#[test]
fn what_went_well_holds_line_by_line() {
    let work = good();
    assert!(scorecard(&work).iter().all(|it| it.holds == Holds::Yes), "{:#?}", scorecard(&work));
    check(&work, Check::PlanFollowed, (Holds::Yes, "all 2 changed files were planned"));
    check(&work, Check::GreenAtFirst, (Holds::Yes, "all 2 tasks"));
    let none = "the review-agent found nothing against it";
    check(&work, Check::Architecture, (Holds::Yes, none));
    check(&work, Check::Questions, (Holds::Yes, "none"));
    let tokens = "30,000 new in 2 sessions, at most 21,000 in one (planner); 1,234,567 read again \
                  from the cache";
    check(&work, Check::Tokens, (Holds::Yes, tokens));
    check(&work, Check::Documentation, (Holds::Yes, "changed"));
    check(&work, Check::HumanEdits, (Holds::Yes, "no push by a person"));
}

#[test]
fn files_beside_the_plan_are_named() {
    let touched = Some(set(&["src/cache.rs", "src/z.rs", "src/a.rs"]));
    let work = Work { touched, ..good() };
    check(&work, Check::PlanFollowed, (Holds::No, "2 of 3 changed files were not planned"));
    let line = &scorecard(&work)[0];
    assert_eq!(line.paths, ["src/a.rs", "src/z.rs"]);
    let work = Work { touched: Some(set(&["src/rag.rs"])), ..good() };
    check(&work, Check::PlanFollowed, (Holds::Yes, "the one changed file was planned"));
}

#[test]
fn a_task_that_was_red_once_was_not_green_at_first() {
    let work = Work { red: set(&["t2"]), ..good() };
    check(&work, Check::GreenAtFirst, (Holds::No, "red at first: t2 (1 of 2 tasks)"));
    let work = Work { stuck_verdicts: 1, ..good() };
    let looked = "all 2 tasks; a person had to look at the checks";
    check(&work, Check::GreenAtFirst, (Holds::No, looked));
    let work = Work { verdicts: 0, ..good() };
    check(&work, Check::GreenAtFirst, (Holds::NotKnown, "no checks were waited for"));
}

#[test]
fn the_last_review_says_whether_the_architecture_holds() {
    let reviewed = |reviews: &[usize]| Work { reviews: reviews.to_vec(), ..good() };
    let mended = (Holds::Yes, "the review-agent found 3, mended since");
    check(&reviewed(&[2, 1, 0]), Check::Architecture, mended);
    let left = (Holds::No, "the review-agent's last look left 1");
    check(&reviewed(&[0, 1]), Check::Architecture, left);
    check(&reviewed(&[]), Check::Architecture, (Holds::NotKnown, "no review-agent looked"));
}

#[test]
fn the_bounds_are_seed_2s() {
    check(&Work { questions: 1, ..good() }, Check::Questions, (Holds::Yes, "1"));
    check(&Work { questions: 2, ..good() }, Check::Questions, (Holds::No, "2"));
    let session = |tokens| {
        let sessions = vec![("implementer".to_owned(), tokens)];
        let work = Work { sessions, cached: 0, ..good() };
        scorecard(&work).into_iter().find(|it| it.check == Check::Tokens).unwrap().holds
    };
    assert_eq!((session(199_999), session(200_000)), (Holds::Yes, Holds::No));
    let one = Work { pushes_by_people: 1, ..good() };
    check(&one, Check::HumanEdits, (Holds::No, "1 push by a person"));
}

#[test]
fn documentation_that_nobody_planned_is_not_missed() {
    let touched = Some(set(&["src/cache.rs"]));
    let work = Work { touched: touched.clone(), ..good() };
    check(&work, Check::Documentation, (Holds::No, "planned, and nothing was changed"));
    let work = Work { touched, plans_documentation: false, ..good() };
    let none = (Holds::NotKnown, "none was planned, and none was changed");
    check(&work, Check::Documentation, none);
    for (path, expected) in [
        ("docs/guide.md", true),
        ("docs/notes.txt", true),
        ("README", true),
        ("CHANGELOG.md", true),
        ("requirements.txt", false),
        ("docs/build.rs", false),
        ("src/readable.rs", false),
    ] {
        assert_eq!(is_documentation(path), expected, "{path}");
    }
}

#[test]
fn what_people_built_themselves_is_not_known() {
    let work = Work {
        touched: None,
        built: BTreeSet::new(),
        verdicts: 0,
        reviews: Vec::new(),
        sessions: Vec::new(),
        pushes_by_people: 4,
        ..good()
    };
    assert!(scorecard(&work).iter().all(|it| it.holds == Holds::NotKnown));
}
