//! Words that look like a command and are not: letters of another script, full-width forms,
//! invisible characters inside. They are never run (testing case 49), and they are named, because
//! whoever pasted one would otherwise wait for an answer that never comes.

/// What `text` looks like to a reader: invisible characters gone, look-alike letters as ASCII,
/// lower case. Only the letters that our own words are made of are mapped.
pub(super) fn skeleton(text: &str) -> String {
    text.chars().filter(|&it| !is_invisible(it)).map(as_ascii).collect()
}

/// Whether the character takes no room on the page.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' | '\u{E0000}'..='\u{E0FFF}')
}

/// The ASCII letter that a reader takes `c` for; `c` itself, in lower case, when there is none.
fn as_ascii(c: char) -> char {
    match c {
        // Full-width forms, one to one with ASCII.
        '\u{FF01}'..='\u{FF5E}' => {
            let ascii = u32::from(c) - 0xFF01 + 0x21;
            char::from_u32(ascii).unwrap_or(c).to_ascii_lowercase()
        }
        '\u{2044}' | '\u{2215}' | '\u{29F8}' | '\u{FE68}' => '/',
        '\u{FE6B}' => '@',
        'а' | 'А' | 'α' | 'Α' | 'ɑ' => 'a',
        'Β' | 'В' | 'ь' | 'Ь' => 'b',
        'с' | 'С' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'Е' | 'Ε' | 'є' => 'e',
        'һ' | 'Н' | 'Η' => 'h',
        'і' | 'І' | 'ι' | 'Ι' | 'ı' => 'i',
        'ӏ' | 'Ӏ' => 'l',
        'п' | 'Ν' | 'ո' => 'n',
        'о' | 'О' | 'ο' | 'Ο' | 'օ' => 'o',
        'р' | 'Р' | 'ρ' | 'Ρ' => 'p',
        'г' => 'r',
        'ѕ' | 'Ѕ' => 's',
        'т' | 'Т' | 'τ' | 'Τ' => 't',
        'υ' | 'ս' => 'u',
        'ν' | 'ѵ' => 'v',
        'ѡ' | 'ԝ' => 'w',
        'у' | 'У' | 'Υ' | 'γ' => 'y',
        other => other.to_ascii_lowercase(),
    }
}
