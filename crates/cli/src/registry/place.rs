//! Where an image is read, and where it was signed.

/// The repository in which an image is verified.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The repository with its registry, without a tag.
    pub(super) repository: String,
    /// The folder of the project's images, if it has one.
    pub(super) folder: Option<String>,
}

/// How the place where an image was signed relates to the one where it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signed {
    /// The same repository.
    Here,
    /// The same image in another registry or account.
    Elsewhere,
    /// Another image.
    AsAnother,
}

impl Place {
    /// Returns the part of the repository that the project determines, and not the registry: the name, and the folder before it.
    pub(super) fn image(&self) -> &str {
        let name = name(&self.repository);
        let Some(folder) = &self.folder else { return name };
        match self.repository.strip_suffix(&format!("{folder}/{name}")) {
            Some(before) if before.ends_with('/') => self.repository.get(before.len()..).unwrap_or(name),
            _ => name,
        }
    }

    /// Compares with the repository that a signature names, which may have a tag or digest.
    pub(super) fn signed(&self, repository: &str) -> Signed {
        let repository = without_tag(repository);
        if repository == self.repository {
            return Signed::Here;
        }
        let image = self.image();
        match repository.strip_suffix(image) {
            Some(before) if before.is_empty() || before.ends_with('/') => Signed::Elsewhere,
            _ => Signed::AsAnother,
        }
    }
}

fn name(repository: &str) -> &str {
    repository.rsplit('/').next().unwrap_or_default()
}

/// Removes a digest and a tag. A port stays.
fn without_tag(reference: &str) -> &str {
    let reference = reference.split('@').next().unwrap_or_default();
    match name(reference).split_once(':') {
        Some((_, tag)) => reference.strip_suffix(tag).and_then(|rest| rest.strip_suffix(':')),
        None => None,
    }
    .unwrap_or(reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(repository: &str) -> Place {
        Place { repository: repository.into(), folder: Some("filters".into()) }
    }

    #[test]
    fn a_mirror_keeps_the_name_and_the_folder() {
        for (read, signed, expected) in [
            ("r:1/acme/filters/a", "r:1/acme/filters/a", Signed::Here),
            ("r:1/acme/filters/a", "r:1/acme/filters/a:1.0@sha256:00", Signed::Here),
            ("r:1/filters/a", "r.example/acme/filters/a", Signed::Elsewhere),
            ("r:1/filters/a", "r.example/acme/filters/a:1.0", Signed::Elsewhere),
            ("r/flat/a", "r/acme/filters/a", Signed::Elsewhere),
            ("r/filters/a", "filters/a", Signed::Elsewhere),
            ("r/filters/a", "r/filters/b", Signed::AsAnother),
            ("r/filters/a", "r/filters/b-a", Signed::AsAnother),
            ("r/filters/a", "r/filters/a/b", Signed::AsAnother),
            ("r/filters/a", "r/filters/A", Signed::AsAnother),
            ("r/filters/a", "r/other/a", Signed::AsAnother),
            ("r/filters/a", "r/more-filters/a", Signed::AsAnother),
            ("r/filters/a", "", Signed::AsAnother),
            ("r/flat/a", "r/flat/b", Signed::AsAnother),
        ] {
            assert_eq!(place(read).signed(signed), expected, "{read} {signed}");
        }
    }

    #[test]
    fn without_a_folder_the_name_counts() {
        let place = Place { folder: None, ..place("r/filters/a") };
        assert_eq!(place.image(), "a");
        assert_eq!(place.signed("r/other/a"), Signed::Elsewhere);
        assert_eq!(place.signed("r/other/b"), Signed::AsAnother);
    }
}
