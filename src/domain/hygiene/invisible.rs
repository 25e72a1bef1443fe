//! Characters that take no room on the page and still reach a model.
//!
//! Texts of every script must survive (trust case 92), so what people need stays: joiners inside
//! words of the scripts that use them and in emoji, line-break spaces between Khmer, Thai, Lao and
//! Myanmar letters, balanced bidirectional embeddings and isolates around text, direction marks in
//! lines with right-to-left letters, variation selectors behind emoji and Mongolian letters, and
//! the three flags that are written with tags.
//!
//! What goes: every other zero-width character, unbalanced or empty bidirectional controls,
//! overrides (balanced or not: their one use is to show text in another order than it is
//! written), the TAG block, variation selectors anywhere else, and control characters.

use super::hidden::{HiddenKind, Removed};

/// Removes invisible characters from any text, Markdown or not.
pub(super) fn remove(text: &str, removed: &mut Removed) -> String {
    if text.is_ascii() && !text.bytes().any(is_control_byte) {
        return text.to_owned();
    }
    let text = remove_single(text, removed);
    balance_bidi(&text, removed)
}

fn is_control_byte(byte: u8) -> bool {
    (byte < 0x20 && !matches!(byte, b'\n' | b'\r' | b'\t')) || byte == 0x7F
}

/// Everything but bidirectional controls: each is judged by its neighbours.
fn remove_single(text: &str, removed: &mut Removed) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut before: Option<char> = None;
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let after = chars.get(at + 1).copied();
        if c == '\u{1F3F4}'
            && let Some(flag) = tag_flag(chars.get(at + 1..).unwrap_or_default())
        {
            out.push(c);
            out.extend(flag);
            before = flag.last().copied();
            at += 1 + flag.len();
            continue;
        }
        match hidden_kind(before, c, after) {
            Some(kind) => removed.count(kind),
            None => {
                out.push(c);
                before = Some(c);
            }
        }
        at += 1;
    }
    out
}

/// The tags behind a black flag, when they spell England, Scotland or Wales: the only tag
/// sequences in general use. Anything longer or other would carry text that nobody sees.
fn tag_flag(after: &[char]) -> Option<&[char]> {
    ["gbeng", "gbsct", "gbwls"].into_iter().find_map(|region| {
        let flag = after.get(..region.len() + 1)?;
        let spelled = flag
            .iter()
            .zip(region.chars())
            .all(|(&tag, letter)| u32::from(tag) == 0xE0000 + u32::from(letter));
        (spelled && flag.last() == Some(&'\u{E007F}')).then_some(flag)
    })
}

/// Why `c` is removed between these neighbours; `None` when it stays.
fn hidden_kind(before: Option<char>, c: char, after: Option<char>) -> Option<HiddenKind> {
    match c {
        '\n' | '\r' | '\t' => None,
        _ if c.is_control() => Some(HiddenKind::Control),
        '\u{200C}' | '\u{200D}' => (!joins(before, c, after)).then_some(HiddenKind::ZeroWidth),
        '\u{200B}' => {
            let between = before.is_some_and(breaks_by_space) && after.is_some_and(breaks_by_space);
            (!between).then_some(HiddenKind::ZeroWidth)
        }
        '\u{00AD}'
        | '\u{034F}'
        | '\u{115F}'
        | '\u{1160}'
        | '\u{17B4}'
        | '\u{17B5}'
        | '\u{180E}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206A}'..='\u{206F}'
        | '\u{3164}'
        | '\u{FEFF}'
        | '\u{FFA0}'
        | '\u{FFF9}'..='\u{FFFB}'
        | '\u{1D173}'..='\u{1D17A}' => Some(HiddenKind::ZeroWidth),
        '\u{FE00}'..='\u{FE0F}' => {
            let keeps = matches!(c, '\u{FE0E}' | '\u{FE0F}') && before.is_some_and(is_emoji_base);
            (!keeps).then_some(HiddenKind::VariationSelector)
        }
        '\u{180B}'..='\u{180D}' | '\u{180F}' => {
            let keeps = before.is_some_and(|it| matches!(it, '\u{1820}'..='\u{18AA}'));
            (!keeps).then_some(HiddenKind::VariationSelector)
        }
        '\u{E0100}'..='\u{E01EF}' => Some(HiddenKind::VariationSelector),
        '\u{E0000}'..='\u{E0FFF}' => Some(HiddenKind::Tag),
        _ => None,
    }
}

/// Whether a joiner does its work here.
fn joins(before: Option<char>, c: char, after: Option<char>) -> bool {
    let Some(before) = before else { return false };
    let inside_word = uses_joiners(before) && after.is_some_and(uses_joiners);
    let after_virama = is_virama(before) && after.is_none_or(|it| !is_invisible(it));
    let in_emoji = c == '\u{200D}'
        && (is_emoji(before) || before == '\u{FE0F}')
        && after.is_some_and(is_emoji);
    inside_word || after_virama || in_emoji
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Arabic, Syriac, Thaana, N'Ko, Mandaic, the Indic scripts, Myanmar, Khmer, Mongolian and the
/// supplements of these: scripts whose letters change shape at a joiner.
fn uses_joiners(c: char) -> bool {
    matches!(c,
        '\u{0600}'..='\u{0604}' | '\u{0610}'..='\u{061A}' | '\u{0620}'..='\u{08FF}'
        | '\u{0900}'..='\u{0DFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17B3}'
        | '\u{17B6}'..='\u{17FF}' | '\u{1820}'..='\u{18AA}' | '\u{A840}'..='\u{A8FF}'
        | '\u{A980}'..='\u{A9DF}' | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}'
        | '\u{11000}'..='\u{11FFF}' | '\u{1E900}'..='\u{1E95F}')
}

/// The sign that kills a vowel: a joiner behind it shapes the letter even at the end of a word.
fn is_virama(c: char) -> bool {
    matches!(
        c,
        '\u{094D}'
            | '\u{09CD}'
            | '\u{0A4D}'
            | '\u{0ACD}'
            | '\u{0B4D}'
            | '\u{0BCD}'
            | '\u{0C4D}'
            | '\u{0CCD}'
            | '\u{0D4D}'
            | '\u{0DCA}'
    )
}

/// Scripts written without blanks between words, where U+200B says where a line may break.
fn breaks_by_space(c: char) -> bool {
    matches!(c, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17B3}'
        | '\u{17B6}'..='\u{17FF}' | '\u{1950}'..='\u{1AAF}')
}

/// Pictographs, and the modifiers that stand where one may.
fn is_emoji(c: char) -> bool {
    matches!(c,
        '©' | '®' | '\u{203C}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{21FF}'
        | '\u{2300}'..='\u{23FF}' | '\u{24C2}' | '\u{25A0}'..='\u{27BF}'
        | '\u{2900}'..='\u{297F}' | '\u{2B00}'..='\u{2BFF}' | '\u{3030}' | '\u{303D}'
        | '\u{3297}' | '\u{3299}' | '\u{1F000}'..='\u{1FAFF}')
}

/// What a variation selector may follow: a pictograph or the digit of a keycap.
fn is_emoji_base(c: char) -> bool {
    is_emoji(c) || c.is_ascii_digit() || matches!(c, '#' | '*')
}

/// One bidirectional control that opened and waits for its end.
struct Opened {
    at: usize,
    isolate: bool,
    visible_before: usize,
}

/// The controls that are open, outermost first.
#[derive(Default)]
struct Open {
    stack: Vec<Opened>,
    /// How many of them are isolates: without the count, ends that match nothing would search
    /// the whole stack each time.
    isolates: usize,
}

impl Open {
    /// The control that this end belongs to. An embedding closes only at the top; an isolate
    /// closes what is open inside it.
    fn close(&mut self, isolate: bool) -> Option<Opened> {
        if !isolate {
            return self.stack.pop_if(|it| !it.isolate);
        }
        self.isolates = self.isolates.checked_sub(1)?;
        while let Some(opened) = self.stack.pop() {
            if opened.isolate {
                return Some(opened);
            }
        }
        None
    }
}

/// Removes overrides, controls without their partner, pairs around nothing, and marks in lines
/// without a right-to-left letter. Pairs must close on their own line.
fn balance_bidi(text: &str, removed: &mut Removed) -> String {
    let has_bidi = |c: char| {
        matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(has_bidi) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let chars: Vec<char> = line.chars().collect();
        let keep = kept_controls(&chars);
        for (&c, keep) in chars.iter().zip(keep) {
            if keep || !has_bidi(c) {
                out.push(c);
            } else {
                removed.count(HiddenKind::Bidi);
            }
        }
    }
    out
}

/// For each character of a line, whether it is a control that stays.
fn kept_controls(line: &[char]) -> Vec<bool> {
    let mut keep = vec![false; line.len()];
    let mut open = Open::default();
    let mut visible = 0;
    let right_to_left = line.iter().copied().any(is_right_to_left);
    let mut mark_before = false;
    for (at, &c) in line.iter().enumerate() {
        let is_mark = matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}');
        match c {
            '\u{202A}' | '\u{202B}' | '\u{2066}'..='\u{2068}' => {
                let isolate = '\u{2066}' <= c;
                open.isolates += usize::from(isolate);
                open.stack.push(Opened { at, isolate, visible_before: visible });
            }
            '\u{202C}' | '\u{2069}' => {
                if let Some(opened) = open.close(c == '\u{2069}')
                    && opened.visible_before < visible
                {
                    for place in [opened.at, at] {
                        if let Some(keep) = keep.get_mut(place) {
                            *keep = true;
                        }
                    }
                }
            }
            '\u{202D}' | '\u{202E}' => {}
            _ if is_mark => {
                if let Some(keep) = keep.get_mut(at) {
                    *keep = right_to_left && !mark_before;
                }
            }
            _ => visible += usize::from(!c.is_whitespace()),
        }
        // Marks in a row would spell something; one is enough for its purpose.
        mark_before = is_mark || (mark_before && is_invisible(c));
    }
    keep
}

/// Letters of Hebrew, Arabic and the other right-to-left scripts.
fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{0590}'..='\u{060B}' | '\u{060D}'..='\u{061B}' | '\u{061D}'..='\u{08FF}'
        | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}'
        | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}
