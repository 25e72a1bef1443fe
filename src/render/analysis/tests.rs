use super::*;
use crate::domain::classify::{IssueFacts, Tokens};
use crate::domain::route::{RouterSettings, analyse};

fn analysis_of(text: &str) -> Analysis {
    analyse(&IssueFacts::from_text(text), &RouterSettings::default())
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(quote(text), expected);
}

#[test]
fn a_quote_is_inert() {
    check("@everyone", "`@everyone`");
    check("a`b", "`a'b`");
    check("<!-- baton:status -->", "`‹!-- baton:status --›`");
    check("x|y\\|z", "`x/y//z`");
    check("line\nbreak", "`line break`");
    check("\u{202e}\u{200b}", "");
    check(&"x".repeat(100), &format!("`{}…`", "x".repeat(60)));
}
