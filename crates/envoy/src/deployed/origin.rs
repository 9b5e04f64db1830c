//! Where the parts of a configuration are in a file.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

use super::node::{self, Node, Value};
use super::position::Position;

/// Where the parts of a configuration are in a file.
#[derive(Clone, Debug)]
pub struct Origin {
    start: Position,
    /// By place, such as `response[0].name`.
    parts: BTreeMap<String, Part>,
    /// If the configuration is a text in the file, the position of each of its characters.
    characters: Vec<Position>,
    /// The same text.
    text: String,
}

/// A value of a configuration.
#[derive(Clone, Copy, Debug)]
struct Part {
    /// Where its name is, if it has one.
    name: Option<Position>,
    value: Position,
    is_scalar: bool,
}

impl Part {
    fn move_by(&mut self, moved: &impl Fn(Position) -> Position) {
        self.name = self.name.map(moved);
        self.value = moved(self.value);
    }
}

impl Origin {
    /// Returns the places of all values, such as `response[0].name`.
    pub fn places(&self) -> impl Iterator<Item = &str> {
        self.parts.keys().map(String::as_str)
    }

    /// Returns where the configuration begins.
    pub fn start(&self) -> Position {
        self.start
    }

    /// Returns where a value is; for an object or a list, where its name is.
    pub fn of_value(&self, place: &str) -> Option<Position> {
        let part = self.parts.get(place)?;
        Some(part.name.filter(|_| !part.is_scalar).unwrap_or(part.value))
    }

    /// Returns where a field's name is.
    pub fn of_name(&self, place: &str) -> Option<Position> {
        self.parts.get(place)?.name
    }

    /// Returns the position in the file of a line and column of the configuration's own text.
    pub fn of_position(&self, position: Position) -> Option<Position> {
        let mut own = Position { line: 1, column: 1 };
        for (character, in_file) in self.text.chars().zip(&self.characters) {
            if own == position {
                return Some(*in_file);
            }
            own = own.after(character);
        }
        self.characters.last().copied()
    }

    /// Maps a configuration that is YAML or JSON in place.
    pub(super) fn of_tree(node: &Node) -> Self {
        let mut parts = BTreeMap::new();
        collect(node, None, "", &mut parts);
        Self { start: node.start, parts, characters: Vec::new(), text: String::new() }
    }

    /// Maps a configuration that is a text of the file, and whose values are in it if it is JSON or YAML.
    pub(super) fn of_text(file: &str, node: &Node, text: &str) -> Self {
        let characters = positions(file, node, text);
        let start = characters.first().copied().unwrap_or(node.start);
        let mut origin = Self { start, parts: BTreeMap::new(), characters, text: text.to_owned() };
        if let Ok(documents) = node::parse(text) {
            let mut parts = BTreeMap::new();
            documents.iter().for_each(|document| collect(document, None, "", &mut parts));
            let moved = |position| origin.of_position(position).unwrap_or(start);
            parts.values_mut().for_each(|part| part.move_by(&moved));
            origin.parts = parts;
        }
        origin
    }

    /// Replaces all positions, which are those of a text within the file.
    pub(super) fn move_by(&mut self, moved: &impl Fn(Position) -> Position) {
        self.start = moved(self.start);
        self.parts.values_mut().for_each(|part| part.move_by(moved));
        self.characters.iter_mut().for_each(|position| *position = moved(*position));
    }

    /// Maps the text of a whole file.
    pub(super) fn of_file(text: &str) -> Self {
        let value = Value::Text(text.to_owned());
        let node = Node { value, start: Position { line: 1, column: 1 }, bytes: 0..text.len() };
        Self::of_text(text, &node, text)
    }
}

fn collect(node: &Node, name: Option<Position>, place: &str, parts: &mut BTreeMap<String, Part>) {
    let is_scalar = !matches!(node.value, Value::List(_) | Value::Map(_));
    parts.insert(place.to_owned(), Part { name, value: node.start, is_scalar });
    let separator = if place.is_empty() { "" } else { "." };
    match &node.value {
        Value::List(items) => {
            for (at, item) in items.iter().enumerate() {
                collect(item, None, &format!("{place}[{at}]"), parts);
            }
        }
        Value::Map(fields) => {
            for field in fields {
                let place = format!("{place}{separator}{}", field.name);
                collect(&field.node, Some(field.name_start), &place, parts);
            }
        }
        _ => {}
    }
}

/// Returns the position in the file of each character of a text. YAML indents, folds and escapes text: the file's
/// characters that are not the text's are skipped.
fn positions(file: &str, node: &Node, text: &str) -> Vec<Position> {
    let source = file.get(node.bytes.clone()).unwrap_or_default();
    let mut source = Source { rest: source.chars().peekable(), at: node.start };
    // The header of a block, such as `|-`.
    if matches!(source.rest.peek(), Some('|' | '>')) {
        source.skip_until('\n');
        source.step();
    }
    let mut found = Vec::new();
    for character in text.chars() {
        let next = source.rest.peek().copied();
        if character.is_whitespace() {
            found.push(source.at);
            // A folded line break is a space, and an escaped one has no white space.
            if next.is_some_and(char::is_whitespace) {
                source.step();
            }
        } else {
            source.skip_until(character);
            found.push(source.at);
            source.step();
        }
    }
    found
}

/// A part of a file that is read from the beginning.
struct Source<'a> {
    rest: Peekable<Chars<'a>>,
    at: Position,
}

impl Source<'_> {
    fn step(&mut self) {
        if let Some(character) = self.rest.next() {
            self.at = self.at.after(character);
        }
    }

    fn skip_until(&mut self, character: char) {
        while self.rest.peek().is_some_and(|next| *next != character) {
            self.step();
        }
    }
}

impl Position {
    /// Returns the position after a character.
    fn after(self, character: char) -> Self {
        match character {
            '\n' => Self { line: self.line.saturating_add(1), column: 1 },
            _ => Self { line: self.line, column: self.column.saturating_add(1) },
        }
    }
}
