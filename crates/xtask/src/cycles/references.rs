//! Collects the paths that an item's code uses, and the names that a module imports.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Item, ItemUse, Macro, Path, UseTree, Visibility};

use super::module::{Module, Segments};

/// Adds an item's paths and imports to its module.
pub(super) fn collect(item: &mut Item, module: &mut Module) {
    Collector { module }.visit_item_mut(item);
}

struct Collector<'a> {
    module: &'a mut Module,
}

impl VisitMut for Collector<'_> {
    fn visit_item_use_mut(&mut self, item: &mut ItemUse) {
        if item.leading_colon.is_none() {
            // A re-export alone does not use the name.
            let is_use = matches!(item.vis, Visibility::Inherited);
            self.import(&item.tree, Vec::new(), is_use);
        }
    }

    fn visit_path_mut(&mut self, path: &mut Path) {
        if path.leading_colon.is_none() {
            let segments = path.segments.iter().map(|segment| segment.ident.to_string());
            self.module.references.push(segments.collect());
        }
        visit_mut::visit_path_mut(self, path);
    }

    fn visit_macro_mut(&mut self, invocation: &mut Macro) {
        self.visit_path_mut(&mut invocation.path);
        self.tokens(invocation.tokens.clone());
    }

    fn visit_attribute_mut(&mut self, _: &mut Attribute) {}

    fn visit_visibility_mut(&mut self, _: &mut Visibility) {}
}

impl Collector<'_> {
    fn import(&mut self, tree: &UseTree, mut path: Segments, is_use: bool) {
        match tree {
            UseTree::Path(of) => {
                path.push(of.ident.to_string());
                self.import(&of.tree, path, is_use);
            }
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.import(tree, path.clone(), is_use));
            }
            UseTree::Glob(_) => self.module.globs.push(path),
            UseTree::Name(name) => {
                self.import_as(&name.ident.to_string(), name.ident.to_string(), path, is_use)
            }
            UseTree::Rename(name) => {
                self.import_as(&name.ident.to_string(), name.rename.to_string(), path, is_use)
            }
        }
    }

    /// Imports `name` of the module `path`, or the module itself if that is `self`.
    fn import_as(&mut self, name: &str, alias: String, mut path: Segments, is_use: bool) {
        let alias = match (name, path.last()) {
            ("self", Some(module)) if alias == "self" => module.clone(),
            _ => alias,
        };
        if name != "self" {
            path.push(name.to_owned());
        }
        if is_use {
            self.module.references.push(path.clone());
        }
        self.module.imports.insert(alias, path);
    }

    /// Collects paths from a macro's tokens. They have no fixed grammar, so everything that looks like a path counts.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path = Segments::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.end_path(&mut path);
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.end_path(&mut path);
                    colons = 0;
                    self.tokens(group.stream());
                }
                _ => {
                    self.end_path(&mut path);
                    colons = 0;
                }
            }
        }
        self.end_path(&mut path);
    }

    fn end_path(&mut self, path: &mut Segments) {
        if !path.is_empty() {
            self.module.references.push(std::mem::take(path));
        }
    }
}
