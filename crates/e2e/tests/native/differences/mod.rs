//! The differences that the docs describe.

mod headers;
mod paths;
mod regexes;
mod templates;

use std::fmt;

use anyhow::{Context, Result, ensure};
use harness::parts;

use crate::exchange::Exchange;
use crate::seen::Seen;
use crate::subject::Rule;

/// What was seen of one request, with both filters.
pub(crate) struct Compared<'a> {
    pub(crate) subject: &'static str,
    pub(crate) rules: &'a [Rule],
    pub(crate) exchange: &'a Exchange,
    pub(crate) native: Seen,
    pub(crate) ours: Seen,
}

/// A difference: what our filter does and Envoy does not.
struct Difference {
    name: &'static str,
    /// The filter, and where its README says so. The README says why, too.
    readme: (&'static str, &'static str),
    /// Returns whether it explains all that was seen.
    explains: fn(&Compared<'_>) -> bool,
}

/// The table. The first that explains what was seen counts, so the narrow ones come first.
const ALL: [Difference; 10] = [
    Difference {
        name: "values lose the white space around them, which strict HTTP/2 peers refuse",
        readme: ("add-header", "The filter trims spaces and tabs around a value"),
        explains: headers::white_space,
    },
    Difference {
        name: "a header that is there and empty has a value, which is written",
        readme: ("add-header", "A header that is present and empty has a value"),
        explains: headers::empty_values,
    },
    Difference {
        name: "the slash at the end of what replaces a prefix is the one after the prefix",
        readme: ("path-rewrite", "a slash at the end of the replacement is the one that follows the prefix"),
        explains: paths::one_slash,
    },
    Difference {
        name: "a redirect percent-encodes its location",
        readme: ("path-rewrite", "The filter percent-encodes the `location`"),
        explains: paths::encoded_location,
    },
    Difference {
        name: "a redirect spells its host as clients do",
        readme: ("path-rewrite", "sends hosts as clients write them"),
        explains: paths::spelled_location,
    },
    Difference {
        name: "no redirect to where the client is, which would go on forever",
        readme: (
            "path-rewrite",
            "The filter does not redirect a client that is already at the redirect's target",
        ),
        explains: paths::redirect_to_itself,
    },
    Difference {
        name: "a request whose new path servers could misread passes unchanged",
        readme: ("path-rewrite", "Some results could mean something else to the next server"),
        explains: paths::unsafe_result,
    },
    Difference {
        name: "a regex that matches more often than 128 times in a path leaves it unchanged",
        readme: ("path-rewrite", "a regex does not replace more than 128 matches in a path"),
        explains: regexes::many_matches,
    },
    Difference {
        name: "`é*` repeats the character, not the last of its bytes",
        readme: (
            "path-rewrite",
            "`é*` repeats the character. Envoy's own regexes repeat the last of its bytes",
        ),
        explains: regexes::repeated_characters,
    },
    Difference {
        name: "a variable of a template is any segment, where Envoy's takes certain characters",
        readme: ("path-rewrite", "`{id}` is one segment that is not empty"),
        explains: templates::any_segment,
    },
];

/// Returns the difference that explains what was seen.
pub(crate) fn listed(compared: &Compared<'_>) -> Option<&'static str> {
    ALL.iter().find(|difference| (difference.explains)(compared)).map(|difference| difference.name)
}

/// Returns whether what is the same with both may be the same: ours must have percent-encoded the location, as the table says.
pub(crate) fn is_complete(compared: &Compared<'_>) -> bool {
    paths::encoded_location(compared)
}

/// Checks that the READMEs describe each difference.
pub(crate) fn quoted() -> Result<()> {
    for Difference { name, readme: (filter, words), .. } in ALL {
        let path = parts::root().join("filters").join(filter).join("README.md");
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let on_one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        ensure!(on_one_line.contains(words), "{name}: the README of {filter} does not say `{words}`");
    }
    Ok(())
}

impl fmt::Display for Compared<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n  {}, with the rules", self.subject)?;
        self.rules.iter().try_for_each(|rule| write!(f, "{rule}"))?;
        write!(f, "{}", self.exchange)?;
        write!(f, "  with Envoy's filter\n{}  with ours\n{}", self.native, self.ours)
    }
}
