use super::*;
use Complexity::{Complex, Expert, Medium, Simple, Trivial};

#[track_caller]
fn check(text: &str, level: Complexity, basis: Basis) {
    let found = classify(&IssueFacts::from_text(text));
    assert_eq!((found.level, found.basis), (level, basis), "{text}: {:#?}", found.reasons);
}

#[track_caller]
fn check_scope(text: &str, files: &str, schema_change: bool) {
    let scope = classify(&IssueFacts::from_text(text)).scope;
    let phrase = scope.files_phrase().unwrap_or_default();
    assert_eq!((phrase.as_str(), scope.schema_change), (files, schema_change), "{text}: {scope:?}");
}

#[test]
fn keywords_have_their_rows() {
    check("Typo on the start page", Trivial, Basis::Signals);
    check("Reformatting", Trivial, Basis::Signals);
    check("Fix typo in error message", Simple, Basis::Signals);
    check("Add a comment", Simple, Basis::Signals);
    check("Add comments", Simple, Basis::Signals);
    check("Update the docs", Simple, Basis::Signals);
    check("Small fix", Simple, Basis::Signals);
    check("New endpoint", Medium, Basis::Signals);
    check("Integrate payments", Medium, Basis::Signals);
    check("Migrating to v2", Complex, Basis::Signals);
    check("Rewrite the parser", Complex, Basis::Signals);
    check("Performance optimization", Expert, Basis::Signals);
    check("Distributed locks", Expert, Basis::Signals);
    check("The highest row wins: feature, rewrite", Complex, Basis::Signals);
    check("Login broken", Simple, Basis::NoSignal);
    check("", Simple, Basis::NoSignal);
}

#[test]
fn what_is_not_said_does_not_count() {
    check("Latest contest insecurity", Simple, Basis::NoSignal);
    check("Crash in `security`", Simple, Basis::NoSignal);
    check("Crash\n> architecture", Simple, Basis::NoSignal);
    check("Crash\n```\nsecurity\n```", Simple, Basis::NoSignal);
    check("Crash <!-- security -->", Simple, Basis::NoSignal);
    check("Crash, see [security](https://x.y/architecture)", Simple, Basis::NoSignal);
    check("Crash in src/security/architecture.rs", Simple, Basis::NoSignal);
    check("Crash with no schema or security change", Simple, Basis::NoSignal);
    check("Crash on this operating system", Simple, Basis::NoSignal);
    check("Distributed under MIT", Simple, Basis::NoSignal);
}

#[test]
fn a_small_phrase_in_the_title_makes_the_rest_its_object() {
    check("Fix typo in the architecture docs", Trivial, Basis::Signals);
    check("Fix typo in SECURITY.md", Trivial, Basis::Signals);
    check("Docs for the security service", Trivial, Basis::Signals);
    check("docs: security of the service", Trivial, Basis::Signals);
    check("Rename the service component", Trivial, Basis::Signals);
    check("Minor refactor", Simple, Basis::Signals);
    check("Fix typo in schema docs\n\nThe schema page says teh.", Trivial, Basis::Signals);
    // Not its object: another clause, a word before it, a noun it belongs to.
    check("Fix typo, refactor the parser", Complex, Basis::Signals);
    check("Fix typo and refactor the parser", Complex, Basis::Signals);
    check("Refactor the comment parser", Complex, Basis::Signals);
    check("Documentation service is down", Medium, Basis::Signals);
    // A floor is not lifted by an adjective.
    check("Minor race condition", Complex, Basis::Signals);
    check("Rename the users table", Medium, Basis::Signals);
}

#[test]
fn small_words_deep_in_a_long_report_say_nothing() {
    let long = format!("Crash on start\n\n{}\nSee my comment.", "It stops at once. ".repeat(20));
    check(&long, Simple, Basis::NoSignal);
    check("Crash on start\n\nSee my comment.", Trivial, Basis::Signals);
}

#[test]
fn floors_hold() {
    check("Deadlock in the scheduler", Complex, Basis::Signals);
    check("Add a column", Medium, Basis::Signals);
    check("Keep PostgreSQL running", Simple, Basis::NoSignal);
    check("Store sessions in PostgreSQL", Medium, Basis::Signals);
    check("Plan the system in 6 files", Complex, Basis::Signals);
    check("The system table", Complex, Basis::Signals);
}

#[test]
fn stated_levels_win() {
    let text = || IssueFacts::from_text("Redesign the architecture");
    let stated = IssueFacts { explicit: Some((Trivial, ExplicitSource::Label)), ..text() };
    let found = classify(&stated);
    assert_eq!((found.level, found.confidence), (Trivial, Confidence::High));
    let labelled = IssueFacts { labels: vec!["complexity: trivial".into()], ..text() };
    assert_eq!(classify(&labelled).level, Expert, "a label in the list is no override");
}

/// What an issue form or a tracker says stands above the words, and below what a person sets.
#[test]
fn a_form_and_a_difficulty_state_the_level() {
    let issue = |body: &str, labels: &[&str]| IssueFacts {
        body: body.to_owned(),
        labels: labels.iter().map(|it| (*it).to_owned()).collect(),
        ..IssueFacts::from_text("Redesign the architecture")
    };
    let form =
        "### What happened?\n\nIt crashes.\n\n### Complexity\n\nSimple\n\n### Version\n\n1.2";
    let found = classify(&issue(form, &["difficulty:complex"]));
    assert_eq!((found.level, found.basis), (Simple, Basis::Explicit));
    assert!(found.reasons.signal.contains("set by the issue form"), "{:?}", found.reasons);
    assert_eq!(classify(&issue("", &["Difficulty: Trivial"])).level, Trivial);
    let set = IssueFacts { explicit: Some((Medium, ExplicitSource::Label)), ..issue(form, &[]) };
    assert_eq!(classify(&set).level, Medium);
    for body in [
        "### Complexity\n\n_No response_",
        "### Complexity\n\n### Version\n\nSimple",
        "## Complexity\n\nSimple",
        "Complexity: simple",
        "<!--\n### Complexity\n\nExpert\n-->",
        "### Complexity\n\nSimple, I think",
    ] {
        assert_eq!(classify(&issue(body, &["difficulty:hard"])).level, Expert, "{body}");
    }
}

#[test]
fn files_and_labels_raise_the_level() {
    let level = |it: IssueFacts| classify(&it).level;
    let text = || IssueFacts::from_text("Crash");
    assert_eq!(level(IssueFacts { files: Some(21), ..text() }), Complex);
    assert_eq!(level(IssueFacts { files: Some(4), ..text() }), Simple);
    let labels = |it: &[&str]| it.iter().map(|it| (*it).to_owned()).collect();
    assert_eq!(level(IssueFacts { labels: labels(&["Bug"]), ..text() }), Medium);
    assert_eq!(level(IssueFacts { labels: labels(&["docs", "SECURITY"]), ..text() }), Expert);
}

#[test]
fn scope_is_what_the_issue_says() {
    check_scope("Touches 12 source files", "10+ files", false);
    check_scope("Refactor over 20 files", "10+ files", false);
    check_scope("Change\n**Files to modify**: 7", "7 files", false);
    check_scope("Rename it in three files", "3 files", false);
    check_scope("Upload fails with 3000 files", "", false);
    check_scope("Crash in src/a.rs and src/b.rs and a.rs", "2 files", false);
    check_scope("Crash in `src/a.rs`", "1 file", false);
    check_scope("Crash\n```\n/usr/lib/x.py\n```\n/usr/lib/y.py", "", false);
    check_scope(
        "Export\n- API endpoints\n- TypeScript types\n- Tests\n- and so on",
        "3 files",
        false,
    );
    check_scope("Add Redis caching", "1+ files", false);
    check_scope("Design a system with SSE", "5+ files", false);
    check_scope("Change the users table", "", true);
    check_scope("Fix the table of contents", "", false);
    check_scope("Upgrade PostgreSQL", "", false);
    check_scope("Store orders in PostgreSQL", "4+ files", true);
    check_scope("Typo in the table header", "", false);
}

#[test]
fn over_twenty_files_are_complex_and_the_number_is_kept() {
    let found = classify(&IssueFacts::from_text("Change more than 20 files"));
    assert_eq!((found.level, found.scope.n_files), (Complex, Some(21)));
}

#[test]
fn other_languages_are_medium_and_say_so() {
    for text in [
        "Die Architektur der Suche überarbeiten, damit sie mit dem Design harmoniert",
        "Corriger le service de paiement quand la commande est vide",
        "Añadir un endpoint para el servicio de pagos",
        "Adicionar testes para o componente de cabeçalho e não quebrar nada",
        "Исправить опечатку в документации security",
        "修复 architecture 文档中的错别字",
        "ドキュメントのタイポを修正する",
        "문서의 오타 수정",
        "أصلح الخطأ المطبعي في الوثائق",
    ] {
        check(text, Medium, Basis::Language);
        assert_eq!(classify(&IssueFacts::from_text(text)).confidence, Confidence::Low, "{text}");
    }
}

#[test]
fn a_long_text_is_cut_and_says_so() {
    let long = format!("Crash\n{} architecture", "x ".repeat(CHARS_MAX));
    let found = classify(&IssueFacts::from_text(&long));
    assert!(found.cut && found.level == Simple);
}
