//! Random request targets.

use fastrand::Rng;

use crate::subject::any;

/// The parts of random paths: text that rules match, and unusual characters.
const TOKENS: [&[u8]; 46] = [
    b"/", b"/", b"/", b"/", b"/", b"banana", b"banana/", b"418", b"a", b"aa", b"b", b"ab-cd", b"api",
    b"/v1/", b"%2F", b"%2f", b"%41", b".", b"..", b"x", b"xx", b"=", b"&", b";", b"~", b"+", b":", b"@",
    b"//", b"old", b"/old", b"BANANA", b"Old", b"$", b"!", b"*", b"'", b"(", b",", b"%2e", b"%5c", b"..;a",
    b"_", b"7", b"/users/", b"%00",
];

/// Bytes that are not allowed in a URL, but that Envoy or other servers let through.
const HOSTILE: [&[u8]; 12] = [
    "é".as_bytes(),
    b"\xff",
    b"\xc3",
    b"\"",
    b"<",
    b"|",
    b"\\",
    b"^",
    b"`",
    b"{",
    b"}",
    "\u{1f34c}".as_bytes(),
];

/// Draws a target that begins with one of these, and has up to `most` parts after that.
pub(crate) fn target(random: &mut Rng, beginnings: &[String], most: usize) -> Vec<u8> {
    let mut target = random.choice(beginnings).map_or("/", String::as_str).as_bytes().to_vec();
    if random.u8(..4) == 0 {
        // For rules that ignore case.
        target.iter_mut().for_each(|byte| {
            if random.bool() {
                byte.make_ascii_uppercase()
            }
        });
    }
    let is_hostile = random.u8(..6) == 0;
    target.extend(parts(random, most, is_hostile));
    match random.u8(..10) {
        0..6 => {}
        6 => target.push(b'?'),
        7 => target.extend([b"?a=b?", parts(random, 3, false).as_slice()].concat()),
        _ => target.extend([b"?", parts(random, 4, is_hostile).as_slice()].concat()),
    }
    target
}

/// Draws a target of single characters, which small regexes match.
pub(crate) fn letters(random: &mut Rng, most: usize) -> Vec<u8> {
    let letters: Vec<_> = "////aaabbxv17%.$+-éBA_".chars().collect();
    let path: String = (0..random.usize(..=most)).filter_map(|_| random.choice(&letters)).collect();
    let query = any(random, ["", "", "?", "?a/b=v1"]);
    format!("/{path}{query}").into_bytes()
}

fn parts(random: &mut Rng, most: usize, is_hostile: bool) -> Vec<u8> {
    let one = |random: &mut Rng| match is_hostile && random.u8(..3) == 0 {
        true => random.choice(HOSTILE),
        false => random.choice(TOKENS),
    };
    (0..random.usize(..=most)).filter_map(|_| one(random)).flatten().copied().collect()
}
