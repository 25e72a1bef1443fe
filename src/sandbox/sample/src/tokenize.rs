//! Text to words: lower case, without the words that every text has.

const COMMON: [&str; 12] =
    ["a", "an", "and", "do", "does", "how", "is", "it", "of", "the", "to", "what"];

/// The words of a text that say something about it.
pub fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|word| !word.is_empty() && !COMMON.contains(&word.as_str()))
        .map(|word| word.strip_suffix('s').map_or(word.clone(), str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn common_words_are_dropped() {
        assert_eq!(words("How long do refunds take?"), ["long", "refund", "take"]);
    }
}
