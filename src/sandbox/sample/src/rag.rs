//! Question to answer: find the sentences, pick the best, name the source.

use crate::document::Document;
use crate::index::Index;

/// What the caller is told.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// A sentence from a document, or "I do not know".
    pub text: String,
    /// The documents it was taken from.
    pub sources: Vec<String>,
}

/// Answers questions from a fixed set of documents.
#[derive(Debug)]
pub struct Rag {
    documents: Vec<Document>,
    index: Index,
}

impl Rag {
    /// Builds the index; this is the slow part.
    pub fn new(documents: Vec<Document>) -> Rag {
        let index = Index::build(&documents);
        Rag { documents, index }
    }

    /// Answers one question. The index is searched every time, also for a question that was
    /// asked a second ago.
    pub fn answer(&self, question: &str) -> Answer {
        match self.index.search(question).first() {
            Some(((document, sentence), _)) => {
                let document = &self.documents[*document];
                Answer {
                    text: format!("{}.", document.sentences[*sentence]),
                    sources: vec![document.name.clone()],
                }
            }
            None => Answer { text: "I do not know.".to_owned(), sources: Vec::new() },
        }
    }
}
