//! Random regular expressions that RE2 and our filters read alike.

use fastrand::Rng;

use crate::subject::any;

/// A regular expression.
pub(crate) struct Regex {
    pub(crate) text: String,
    /// The number of its groups.
    pub(crate) groups: usize,
}

/// The most instructions of a regular expression, by a rough count: Envoy refuses programs of RE2 with over 100, and path-rewrite
/// allows a request so many steps.
const MOST_INSTRUCTIONS: usize = 40;

/// Instructions for a class of characters that are not ASCII.
const OF_WIDE_CLASS: usize = 8;

/// Draws a regular expression that is small enough for both.
pub(crate) fn regex(random: &mut Rng) -> Regex {
    loop {
        let mut regex = Regex { text: String::new(), groups: 0 };
        regex.text.push_str(any(random, ["", "", "", "", "", "^", "(?i)"]));
        let instructions = regex.alternatives(random, 2);
        regex.text.push_str(any(random, ["", "", "", "", "$"]));
        if instructions <= MOST_INSTRUCTIONS && !regex.text.is_empty() {
            return regex;
        }
    }
}

/// Each adds to the expression, and returns the number of instructions.
impl Regex {
    fn alternatives(&mut self, random: &mut Rng, depth: u8) -> usize {
        let mut instructions = self.sequence(random, depth);
        if random.u8(..5) == 0 {
            self.text.push('|');
            instructions = instructions.saturating_add(1);
            if random.u8(..4) > 0 {
                instructions = instructions.saturating_add(self.sequence(random, depth));
            }
        }
        instructions
    }

    fn sequence(&mut self, random: &mut Rng, depth: u8) -> usize {
        let parts = any(random, [1_u8, 1, 1, 2, 2, 3]);
        (0..parts).fold(0, |sum: usize, _| sum.saturating_add(self.part(random, depth)))
    }

    fn part(&mut self, random: &mut Rng, depth: u8) -> usize {
        if random.u8(..12) == 0 {
            self.text.push_str(any(random, [r"\b", r"\B", "^", "$", ""]));
            return 1;
        }
        let instructions = self.atom(random, depth);
        let (repetition, times) = any(
            random,
            [
                ("", 1),
                ("", 1),
                ("", 1),
                ("", 1),
                ("", 1),
                ("*", 1),
                ("+", 1),
                ("?", 1),
                ("*?", 1),
                ("+?", 1),
                ("??", 1),
                ("{2}", 2),
                ("{0,2}", 2),
                ("{1,3}", 3),
                ("{1,2}?", 2),
            ],
        );
        self.text.push_str(repetition);
        instructions.saturating_add(1).saturating_mul(times)
    }

    fn atom(&mut self, random: &mut Rng, depth: u8) -> usize {
        let (text, instructions) = match random.u8(..9) {
            0 | 1 if depth > 0 => return self.group(random, depth.saturating_sub(1)).saturating_add(2),
            0..4 => (any(random, ["a", "b", "x", "/", "-", "v", "1", "%", "7", r"\.", r"\$", r"\+", "é"]), 1),
            4 => (any(random, ["(?:banana)", "(?:old)", "(?:/v1)", "(?:aa)", "(?:418)"]), 6),
            5 => (
                any(random, [".", r"\D", r"\W", r"\S", "[[:^digit:]]", "[^/]", "[^a]", "[^a-z/]"]),
                OF_WIDE_CLASS,
            ),
            6 => (any(random, [r"\d", r"\w", r"[[:alpha:]]"]), 4),
            _ => (any(random, ["[a-z]", "[0-9]", "[a-c/]", "[-x]", r"[\d/]", "[.]"]), 2),
        };
        self.text.push_str(text);
        instructions
    }

    fn group(&mut self, random: &mut Rng, depth: u8) -> usize {
        match random.u8(..5) {
            0 => self.text.push_str("(?:"),
            1 => self.text.push_str("(?i:"),
            _ => {
                self.groups = self.groups.saturating_add(1);
                match random.u8(..4) {
                    0 => self.text.push_str(&format!("(?P<g{}>", self.groups)),
                    _ => self.text.push('('),
                }
            }
        }
        let instructions = self.alternatives(random, depth);
        self.text.push(')');
        instructions
    }
}

/// A replacement, as both spell it.
pub(crate) struct Replacement {
    /// With `${1}`.
    pub(crate) ours: String,
    /// With `\1`.
    pub(crate) native: String,
}

/// Draws a replacement with some of these groups, and 0, the whole match.
pub(crate) fn replacement(random: &mut Rng, groups: usize) -> Replacement {
    let mut drawn = Replacement { ours: String::new(), native: String::new() };
    for _ in 0..random.usize(..5) {
        if random.bool() {
            let group = random.usize(..=groups.min(9));
            drawn.ours.push_str(&format!("${{{group}}}"));
            drawn.native.push_str(&format!(r"\{group}"));
        } else {
            let (ours, native) = any(
                random,
                [
                    ("/", "/"),
                    ("a", "a"),
                    ("new", "new"),
                    ("-", "-"),
                    ("%2F", "%2F"),
                    ("$$", "$"),
                    ("1", "1"),
                    // Not before a digit: ours refuses `\1`, which is Envoy's spelling of a group.
                    (r"\-", r"\\-"),
                    ("/v2/", "/v2/"),
                    ("&", "&"),
                    ("é", "é"),
                ],
            );
            drawn.ours.push_str(ours);
            drawn.native.push_str(native);
        }
    }
    drawn
}
