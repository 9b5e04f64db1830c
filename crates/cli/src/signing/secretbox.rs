//! Opens boxes of NaCl's `secretbox`: XSalsa20 with Poly1305.
//!
//! Source: "Cryptography in NaCl", sections 9 and 10. The first 32 bytes of the stream are the key of the authenticator, and the
//! rest encrypts the text.

use poly1305::Poly1305;
use salsa20::XSalsa20;
use salsa20::cipher::{KeyIvInit, StreamCipher};

/// The size of the authenticator, which comes before the encrypted text.
const TAG: usize = 16;

/// Decrypts a box. Returns `None` if it was sealed with another key or nonce, or is damaged.
pub(super) fn open(key: &[u8; 32], nonce: &[u8; 24], sealed: &[u8]) -> Option<Vec<u8>> {
    let (tag, encrypted) = sealed.split_at_checked(TAG)?;
    let mut stream = XSalsa20::new(key.into(), nonce.into());
    let mut of_tag = [0; 32];
    stream.apply_keystream(&mut of_tag);
    let expected =
        <Poly1305 as poly1305::universal_hash::KeyInit>::new(&of_tag.into()).compute_unpadded(encrypted);
    // Nobody can measure the time of this comparison: the box is a file of the user's.
    if expected.as_slice() != tag {
        return None;
    }
    let mut text = encrypted.to_vec();
    stream.apply_keystream(&mut text);
    Some(text)
}
