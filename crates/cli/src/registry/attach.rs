//! Attaches to an image what is said about it. The image, its digest and its tags stay as they are.

use anyhow::{Context, Result, bail};

use super::client::{Pushed, RegistryClient};
use crate::oci::image::Image;
use crate::oci::manifest::Descriptor;
use crate::oci::media_type;
use crate::oci::referrer::{self, Referrer};

/// How often to add to an index that others write at the same time.
const ATTEMPTS: usize = 5;

impl RegistryClient {
    /// Pushes a referrer of an image in the client's repository.
    ///
    /// # Errors
    /// The registry cannot be reached, or refuses.
    pub fn attach(
        &self,
        subject: &Descriptor,
        referrer: &Referrer,
        progress: &dyn Fn(&str),
    ) -> Result<Pushed> {
        let image = referrer.image(subject)?;
        let pushed = self.at_digest(&image.digest()).push(&image, progress)?;
        for _ in 0..ATTEMPTS {
            if self.is_listed(subject, &image)? {
                return Ok(pushed);
            }
            // The registry does not list referrers, or somebody else has replaced the index meanwhile.
            self.list(subject, &image)?;
        }
        bail!("the registry does not list what was attached to {}: try again", subject.digest)
    }

    fn is_listed(&self, subject: &Descriptor, referrer: &Image) -> Result<bool> {
        let listed = self.at_digest(&subject.digest).referrers()?;
        Ok(listed.contains(&referrer.digest()))
    }

    /// Adds a referrer to the index that registries without an interface for it keep at the digest's tag.
    fn list(&self, subject: &Descriptor, referrer: &Image) -> Result<()> {
        let tag = referrer::tag(&subject.digest);
        let at = self.at_tag(tag.clone());
        let index = at.manifest_if_any()?;
        let index = referrer::append_to_index(index.as_deref(), referrer).with_context(|| {
            format!("cannot add to what is tagged {tag}, which lists referrers elsewhere")
        })?;
        at.push_raw(media_type::INDEX, index)
    }
}
