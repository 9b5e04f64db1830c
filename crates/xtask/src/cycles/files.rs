//! Reads the files of a crate, starting at its root.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use syn::{Attribute, Expr, ExprLit, Item, Lit, Meta};

use super::module::{Module, Modules, Segments};
use super::references;

/// Reads a crate whose root is this file.
pub(super) fn load(root: &Path) -> Result<Modules> {
    load_with(root, &|path| fs::read_to_string(path).ok())
}

/// Reads a crate through a function that returns a file's text.
pub(super) fn load_with(root: &Path, read: &dyn Fn(&Path) -> Option<String>) -> Result<Modules> {
    let mut reader = Reader { read, modules: Modules::default(), exported_macros: Vec::new() };
    reader.file(root, Vec::new(), root.parent().unwrap_or(root))?;
    let macros = reader.exported_macros;
    let mut modules = reader.modules;
    if let Some(root) = modules.root_mut() {
        for (name, path) in macros.into_iter().filter(|(_, path)| path.len() > 1) {
            root.imports.insert(name, path);
        }
    }
    Ok(modules)
}

struct Reader<'a> {
    read: &'a dyn Fn(&Path) -> Option<String>,
    modules: Modules,
    /// Names and paths of exported macros, which belong to the root wherever they are defined.
    exported_macros: Vec<(String, Segments)>,
}

impl Reader<'_> {
    /// Reads a module's file. `folder` contains the files of its child modules.
    fn file(&mut self, file: &Path, path: Segments, folder: &Path) -> Result<()> {
        let text = (self.read)(file).with_context(|| format!("cannot read {}", file.display()))?;
        let parsed = syn::parse_file(&text).with_context(|| format!("cannot parse {}", file.display()))?;
        self.module(file, path, folder, parsed.items)
    }

    fn module(&mut self, file: &Path, path: Segments, folder: &Path, items: Vec<Item>) -> Result<()> {
        let mut module = Module { path: path.clone(), file: file.to_owned(), ..Module::default() };
        for mut item in items.into_iter().filter(|item| !is_for_tests(attributes(item))) {
            if let Some(name) = defined_name(&item) {
                if attributes(&item).iter().any(|attribute| attribute.path().is_ident("macro_export")) {
                    let path = std::iter::once("crate".into()).chain(path.clone()).chain([name.clone()]);
                    self.exported_macros.push((name.clone(), path.collect()));
                }
                module.items.insert(name);
            }
            let Item::Mod(child) = item else {
                references::collect(&mut item, &mut module);
                continue;
            };
            let name = child.ident.to_string();
            let child_path = [path.clone(), vec![name.clone()]].concat();
            match child.content {
                Some((_, items)) => self.module(file, child_path, &folder.join(name), items)?,
                None => {
                    let (file, folder) = self.place(file, folder, &name, &child.attrs);
                    self.file(&file, child_path, &folder)?;
                }
            }
        }
        self.modules.add(module);
        Ok(())
    }

    /// Finds a child module's file, and the folder of its own children.
    fn place(
        &self,
        parent: &Path,
        folder: &Path,
        name: &str,
        attributes: &[Attribute],
    ) -> (PathBuf, PathBuf) {
        if let Some(path) = path_attribute(attributes) {
            let file = parent.parent().unwrap_or(parent).join(path);
            let folder = file.parent().unwrap_or(&file).to_owned();
            return (file, folder);
        }
        let own_folder = folder.join(name);
        let inside = own_folder.join("mod.rs");
        match (self.read)(&inside) {
            Some(_) => (inside, own_folder),
            None => (folder.join(format!("{name}.rs")), own_folder),
        }
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn defined_name(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// Returns whether an item exists only in unit tests.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string();
            condition == "test" || condition.starts_with("all (test")
        }
        _ => false,
    })
}

fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(path), .. }) => Some(path.value()),
            _ => None,
        },
        _ => None,
    })
}
