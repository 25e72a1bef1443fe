//! Documents: a name and the sentences below it.

use std::path::Path;
use std::{fs, io};

/// One file of the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The file's name without its ending.
    pub name: String,
    /// What it says, sentence by sentence.
    pub sentences: Vec<String>,
}

impl Document {
    /// Splits a text at its full stops.
    pub fn new(name: &str, text: &str) -> Document {
        let sentences = text.split('.').map(str::trim).filter(|it| !it.is_empty());
        Document { name: name.to_owned(), sentences: sentences.map(str::to_owned).collect() }
    }
}

/// Reads every Markdown file of a folder, in the order of their names.
pub fn read_folder(folder: &Path) -> io::Result<Vec<Document>> {
    let mut documents = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == "md") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            documents.push(Document::new(&name, &fs::read_to_string(&path)?));
        }
    }
    documents.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(documents)
}
