//! Words to the sentences that hold them.

use std::collections::HashMap;

use crate::document::Document;
use crate::tokenize::words;

/// Where a sentence stands: document and sentence, both counted from zero.
pub type Place = (usize, usize);

/// The index over all documents.
#[derive(Debug, Default)]
pub struct Index {
    places: HashMap<String, Vec<Place>>,
}

impl Index {
    /// Reads every sentence once.
    pub fn build(documents: &[Document]) -> Index {
        let mut index = Index::default();
        for (d, document) in documents.iter().enumerate() {
            for (s, sentence) in document.sentences.iter().enumerate() {
                for word in words(sentence) {
                    index.places.entry(word).or_default().push((d, s));
                }
            }
        }
        index
    }

    /// Sentences by the number of words they share with the question, best first.
    pub fn search(&self, question: &str) -> Vec<(Place, usize)> {
        let mut scores: HashMap<Place, usize> = HashMap::new();
        for word in words(question) {
            for place in self.places.get(&word).into_iter().flatten() {
                *scores.entry(*place).or_default() += 1;
            }
        }
        let mut found: Vec<_> = scores.into_iter().collect();
        found.sort_by_key(|(place, score)| (usize::MAX - score, *place));
        found
    }
}
