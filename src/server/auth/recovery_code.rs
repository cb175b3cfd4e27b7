//! Recovery codes: what one signs in with once the authenticator app is gone. Each works once.

use crate::domain::id::PersonId;
use crate::server::clock::Ids;
use crate::server::error::Result;
use crate::server::secret::Key;
use hmac::Mac;

/// How many one has.
pub const CODES: usize = 10;
/// Characters of one, in two groups: 50 bits, which nobody guesses past the throttle, and nobody without the
/// installation's secret from their hashes.
const CHARACTERS: usize = 10;
/// Crockford's base32, which has no letters that look like digits.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// New ones, as they are shown.
pub fn recovery_codes(ids: &Ids) -> Vec<String> {
    (0..CODES).map(|_| recovery_code(ids.random())).collect()
}

fn recovery_code(random: [u8; CHARACTERS]) -> String {
    let mut characters = random.map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).to_vec();
    characters.insert(CHARACTERS / 2, '-');
    characters.into_iter().collect()
}

/// The hash that a code of a person is kept under; `None` for what has no shape of one. Case, spaces and the hyphen are
/// nothing, and letters that look like digits are these.
pub fn recovery_hash(key: &Key, person: PersonId, typed: &str) -> Result<Option<Vec<u8>>> {
    let plain: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').map(like).collect();
    if plain.len() != CHARACTERS || !plain.bytes().all(|byte| ALPHABET.contains(&byte)) {
        return Ok(None);
    }
    let mut mac = key.mac()?;
    mac.update(&person.0.to_be_bytes());
    mac.update(plain.as_bytes());
    Ok(Some(mac.finalize().into_bytes().to_vec()))
}

fn like(c: char) -> char {
    match c.to_ascii_lowercase() {
        'o' => '0',
        'i' | 'l' => '1',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let (key, ada) = (Key::from([7; 32]), PersonId(1));
        let hash = |typed: &str| recovery_hash(&key, ada, typed).expect("a hash");
        let shown = recovery_code([0, 1, 2, 35, 4, 5, 6, 7, 8, 31]);
        assert_eq!(shown, "01234-5678z");
        let one = hash(&shown);
        assert!(one.is_some());
        for same in ["012345678Z", " o1234 5678z", "0I234-5678z", "0l2345678z"] {
            assert_eq!(hash(same), one, "{same}");
        }
        assert_eq!(["", "123456", "01234-5678", "01234-5678zz", "01234-5678u"].map(hash), [const { None }; 5]);
        assert_ne!(recovery_hash(&key, PersonId(2), &shown).expect("a hash"), one, "another person's");
        assert_ne!(recovery_hash(&Key::from([8; 32]), ada, &shown).expect("a hash"), one, "another key's");
    }
}
