//! What a customer gets to read.

use helpdesk::document::Document;
use helpdesk::rag::Rag;

fn rag() -> Rag {
    Rag::new(vec![
        Document::new("returns", "Refunds take five working days. A return needs the order number."),
        Document::new("shipping", "Orders ship within two days."),
    ])
}

#[test]
fn an_answer_names_its_source() {
    let answer = rag().answer("How long do refunds take?");
    assert_eq!(answer.text, "Refunds take five working days.");
    assert_eq!(answer.sources, ["returns"]);
}

#[test]
fn an_unknown_question_is_not_guessed() {
    let answer = rag().answer("Who was Ada Lovelace?");
    assert_eq!(answer.text, "I do not know.");
    assert!(answer.sources.is_empty());
}
