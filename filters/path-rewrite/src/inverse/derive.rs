//! Derives the inverse of a rule, where it is certain.

use proxy_filter::config::ConfigError;
use proxy_filter::target;

use super::below::Below;
use super::frame::{Frame, Group};
use super::{Authority, Hosts, Inverse};
use crate::host::HostRewrite;
use crate::matcher::Matcher;
use regex_replace::Part;

impl Inverse {
    /// Derives the inverse of a rule, which may have a new host. That is one of a backend.
    ///
    /// # Errors
    /// Some of the rule's results do not tell which path they come from.
    pub(crate) fn of(
        matcher: &Matcher,
        host: Option<&HostRewrite>,
        Hosts(mut hosts): Hosts,
    ) -> Result<Self, ConfigError> {
        if let Some(HostRewrite::Literal(host)) = host {
            hosts.extend(Authority::parse(host.as_bytes()));
        }
        let (made, frame) = match matcher {
            Matcher::Prefix { prefix, replacement: Some(replacement), .. } => {
                let made = vec![
                    Part::Text(replacement.segments.clone()),
                    Part::Group(1),
                    Part::Text(replacement.query.clone()),
                ];
                let parts = vec![Part::Text(prefix.clone()), Part::Group(1)];
                (made, Frame { parts, groups: vec![Group::any()] })
            }
            Matcher::Exact { path, replacement: Some(replacement), .. } => {
                let parts = vec![Part::Text(path.clone())];
                (vec![Part::Text(replacement.clone())], Frame { parts, groups: Vec::new() })
            }
            Matcher::Regex { search, replacement: Some(replacement), .. } => {
                (replacement.parts().to_vec(), Frame::parse(search.regex.as_str()).map_err(uncertain)?)
            }
            // Only the host changes.
            _ => (vec![Part::Group(1)], Frame { parts: vec![Part::Group(1)], groups: vec![Group::any()] }),
        };
        let (path, added) = split_query(made);
        check_groups(matcher, frame.groups.len(), &path, &added)?;
        let mut inverse = Self {
            before: Vec::new(),
            between: None,
            after: Vec::new(),
            matched: frame.parts,
            below: None,
            added: added
                .into_iter()
                .flat_map(|part| if let Part::Text(text) = part { text } else { Vec::new() })
                .collect(),
            hosts,
        };
        match inverse.split(&path, &frame.groups) {
            None => {
                let is_only = |group| !inverse.before.iter().any(|(other, _)| *other == Some(group));
                let ends_alike = inverse.after.is_empty()
                    && matches!(inverse.matched.last(), Some(Part::Group(group)) if inverse.between == Some(*group) && is_only(*group));
                inverse.below = match matcher {
                    Matcher::Prefix { .. } => Some(Below::Segments),
                    _ => Below::of(&path, &inverse.matched, &frame.groups, ends_alike),
                };
                Ok(inverse)
            }
            Some(group) => Err(uncertain(format_args!(
                "where `{}` ends in the new path is ambiguous: write text between groups, which begins with a byte that the \
                 group before it cannot match, such as `/` after `([^/]+)`",
                shown(matcher, group)
            ))),
        }
    }

    /// Finds how to split the paths that these parts make. Returns a group for which there are several ways.
    fn split(&mut self, path: &[Part], groups: &[Group]) -> Option<usize> {
        let lacks = |group: usize, byte: Option<&u8>| {
            let group = groups.get(group.saturating_sub(1));
            group.zip(byte).is_some_and(|(group, byte)| !group.contains(*byte))
        };
        let mut rest = path;
        while self.between.is_none() {
            rest = match rest {
                [] => return None,
                [Part::Text(text), rest @ ..] => {
                    self.before.push((None, text.clone()));
                    rest
                }
                [Part::Group(group), Part::Text(text), rest @ ..] if lacks(*group, text.first()) => {
                    self.before.push((Some(*group), text.clone()));
                    rest
                }
                [Part::Group(group), rest @ ..] => {
                    self.between = Some(*group);
                    rest
                }
            };
        }
        loop {
            rest = match rest {
                [] => return None,
                [rest @ .., Part::Text(text), Part::Group(group)] if lacks(*group, text.last()) => {
                    self.after.push((Some(*group), text.clone()));
                    rest
                }
                [.., Part::Group(_)] => return self.between,
                [rest @ .., Part::Text(text)] => {
                    self.after.push((None, text.clone()));
                    rest
                }
            };
        }
    }
}

/// Checks that the path, not the query, has each group.
fn check_groups(matcher: &Matcher, count: usize, path: &[Part], query: &[Part]) -> Result<(), ConfigError> {
    for group in 0..=count {
        let [in_path, in_query] = [path, query].map(|parts| parts.contains(&Part::Group(group)));
        let shown = shown(matcher, group);
        match (group, in_path, in_query) {
            (0, false, false) | (1.., true, false) => {}
            (0, ..) => return Err(uncertain("`replace` uses the whole match: use groups in its place")),
            (_, _, true) => {
                return Err(uncertain(format_args!(
                    "`replace` puts `{shown}` into the query: use it in the path"
                )));
            }
            (_, false, false) => {
                return Err(uncertain(format_args!("`replace` does not use `{shown}`: use it in the path")));
            }
        }
    }
    Ok(())
}

/// Splits a replacement at the first question mark, which it drops.
fn split_query(made: Vec<Part>) -> (Vec<Part>, Vec<Part>) {
    let (mut path, mut query) = (Vec::new(), None);
    for part in made {
        match (&mut query, part) {
            (Some(query), part) => Vec::push(query, part),
            (None, Part::Text(text)) => {
                let (before, after) = target::split_query(&text);
                path.extend((!before.is_empty()).then(|| Part::Text(before.into())));
                query = after.strip_prefix(b"?").map(|after| vec![Part::Text(after.into())]);
            }
            (None, group) => path.push(group),
        }
    }
    (path, query.unwrap_or_default())
}

/// Returns how `replace` refers to a group.
fn shown(matcher: &Matcher, group: usize) -> String {
    match matcher {
        Matcher::Regex { search, is_template: true, .. } => {
            format!("{{{}}}", search.regex.capture_names().nth(group).flatten().unwrap_or_default())
        }
        _ => format!("${group}"),
    }
}

/// The error of a rule without a certain inverse.
fn uncertain(reason: impl std::fmt::Display) -> ConfigError {
    ConfigError::new(format_args!("the rule cannot be undone with certainty: {reason}"))
}
