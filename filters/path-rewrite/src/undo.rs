//! Undoes the rules that were applied to a request.

use proxy_filter::target::split_query;

use crate::rewriter::{Rewriter, Rule};
use crate::safety;

/// A path as a client would request it.
pub(crate) struct Undone<'a> {
    pub(crate) path: Vec<u8>,
    /// The parameters that the undone rules add to the query, in their order there.
    pub(crate) added: Vec<&'a [u8]>,
    /// Whether the paths below the given one are made of those below this one, and of no others. Only for cookies.
    keeps_below: bool,
}

/// The rules to undo.
pub(crate) struct Undo<'a> {
    rewriter: &'a Rewriter,
    rules: Vec<&'a Rule>,
}

impl<'a> Undo<'a> {
    /// Prepares to undo the rules with these places, which are in the order in which they were applied. All paths of the
    /// response share as many steps as its request had.
    pub(crate) fn new(rewriter: &'a Rewriter, rules: &[usize]) -> Self {
        rewriter.budget.reset();
        Self { rewriter, rules: rules.iter().filter_map(|index| rewriter.rules.get(*index)).collect() }
    }

    /// Returns the rules.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &'a Rule> {
        self.rules.iter().copied()
    }

    /// Returns the path that the rules rewrite to this one. `None` if there is none, or if one of the two is not safe: has
    /// dot segments, or begins with `//`, which clients would read as a host.
    pub(crate) fn path(&self, path: &[u8]) -> Option<Undone<'a>> {
        safety::check(b"/", path).ok()?;
        let undone = self.back(path)?;
        safety::check(b"/", &undone.path).ok()?;
        (self.forth(&undone.path)? == path).then_some(undone)
    }

    /// Returns the path of a cookie that clients send with a request if this path would fit the rewritten request.
    ///
    /// A cookie's path is one of a directory, with or without a slash at its end. If the rules need that slash, or must not have
    /// it, they still rewrite the paths below it. `None` if these would not be below the result.
    pub(crate) fn cookie_path(&self, path: &[u8]) -> Option<Vec<u8>> {
        safety::check(b"/", path).ok()?;
        let trimmed = path.strip_suffix(b"/").unwrap_or(path);
        let as_given = if trimmed.is_empty() { trimmed } else { path };
        let undone = [as_given.to_vec(), [trimmed, b"/"].concat()].into_iter().find_map(|path| {
            let mut undone = self.back(&path)?;
            if undone.path.is_empty() {
                undone.path.push(b'/');
            }
            safety::check(b"/", &undone.path).ok()?;
            let again = self.forth(&undone.path)?;
            (again.strip_suffix(b"/").unwrap_or(&again) == trimmed).then_some(undone)
        });
        undone.filter(|undone| undone.keeps_below).map(|undone| undone.path)
    }

    /// Undoes the rules, the last one first. A rule that does not make such paths is left out: for cookies, it must not move what is
    /// below them either. `None` if all are left out.
    fn back(&self, path: &[u8]) -> Option<Undone<'a>> {
        let mut undone = Undone { path: path.into(), added: Vec::new(), keeps_below: true };
        let mut is_undone = false;
        for inverse in self.rules.iter().rev().filter_map(|rule| rule.inverse.as_ref()) {
            let Some(path) = inverse.undo(&undone.path) else {
                undone.keeps_below &= inverse.leaves_below(&undone.path);
                continue;
            };
            undone.keeps_below &= inverse.keeps_below(&undone.path, &path);
            undone.path = path;
            undone.added.push(&inverse.added);
            is_undone = true;
        }
        is_undone.then_some(undone)
    }

    /// Applies the rules to a path. `None` if the result of one is unsafe.
    fn forth(&self, path: &[u8]) -> Option<Vec<u8>> {
        self.rules.iter().try_fold(path.to_vec(), |path, rule| {
            match rule.matcher.apply(&path, None, &self.rewriter.budget) {
                None => Some(path),
                Some(result) => result.ok().map(|result| split_query(&result).0.to_vec()),
            }
        })
    }
}
