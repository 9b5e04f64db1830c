//! A header map that keeps order and duplicates.

use proxy_filter::headers::serialize_pairs;
use proxy_filter::sys::HostError;

/// Names, in lower case, with their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(Vec<u8>, Vec<u8>)>);

impl Headers {
    /// Adds a value at the end.
    pub fn append(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        self.0.push((name.as_ref().to_ascii_lowercase(), value.as_ref().to_vec()));
    }

    /// Every value of a header, as text where it is UTF-8.
    pub fn values(&self, name: &str) -> Vec<String> {
        self.iter(name.as_bytes()).map(|value| String::from_utf8_lossy(value).into_owned()).collect()
    }

    /// The first value of a header.
    pub fn first(&self, name: &[u8]) -> Option<&[u8]> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_slice())
    }

    pub(crate) fn replace(&mut self, name: &[u8], value: &[u8]) {
        match self.0.iter().position(|(n, _)| n == name) {
            Some(first) => {
                let mut index = 0..;
                self.0.retain(|(n, _)| n != name || index.next() == Some(0));
                if let Some(pair) = self.0.get_mut(first) {
                    pair.1 = value.to_vec();
                }
            }
            None => self.append(name, value),
        }
    }

    pub(crate) fn remove(&mut self, name: &[u8]) {
        self.0.retain(|(n, _)| n != name);
    }

    pub(crate) fn serialize(&self) -> Result<Vec<u8>, HostError> {
        serialize_pairs(self.0.iter().map(|(name, value)| (name.as_slice(), value.as_slice())))
    }

    fn iter<'a>(&'a self, name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_slice())
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut headers = Self::default();
        for (name, value) in pairs {
            headers.append(name, value);
        }
        headers
    }
}
