//! Passwords: argon2id at the strength OWASP asks (ASVS 5.0, appendix C: m = 46 MiB, t ≥ 1), two at a time.

use std::sync::Arc;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::error::Error;
use super::locale::Message;

const MEMORY_KIB: u32 = 46 * 1024;
const PASSES: u32 = 2;
/// At 46 MiB each, this bounds what a flood of sign-ins can take.
const AT_ONCE: usize = 2;
/// Who finds so many waiting is sent away instead of kept.
const QUEUE: usize = 20;

/// Shorter ones are guessed; longer than the second wins nothing and costs time.
pub const SHORTEST: usize = 8;
pub const LONGEST: usize = 256;

/// What people choose first (written down by us from what every such list begins with), lower case.
const COMMON: &[&str] = &[
    "password",
    "password1",
    "passw0rd",
    "p@ssw0rd",
    "qwertyui",
    "qwerty123",
    "1q2w3e4r",
    "1qaz2wsx",
    "abcd1234",
    "abc12345",
    "a1234567",
    "a12345678",
    "admin123",
    "administrator",
    "letmein1",
    "iloveyou",
    "woaini520",
    "woaini1314",
    "5201314520",
    "88888888",
    "66668888",
    "qingke123",
    "12345678a",
    "asdfghjk",
    "zxcvbnm1",
    "welcome1",
    "changeme",
];

/// Hashes and verifies, off the threads that answer requests.
#[derive(Clone)]
pub struct Passwords {
    gate: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { gate: Arc::new(Semaphore::new(AT_ONCE)), queue: Arc::new(Semaphore::new(QUEUE)) }
    }
}

fn argon2() -> Result<Argon2<'static>, argon2::Error> {
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(MEMORY_KIB, PASSES, 1, None)?))
}

/// The stored form of a password: a PHC string with its own salt. Blocking; for the command line and the demonstration.
pub fn hash_now(password: &str) -> Result<String, String> {
    let argon2 = argon2().map_err(|error| error.to_string())?;
    argon2.hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(|error| error.to_string())
}

impl Passwords {
    pub async fn hash(&self, password: &str) -> Result<String, Error> {
        let password = password.to_owned();
        self.work(move || hash_now(&password)).await?.map_err(Error::failed)
    }

    /// Whether this is the person's password. Without a stored hash the same work is done for nothing, so that an
    /// unknown name takes as long as a wrong password.
    pub async fn verify(&self, stored: Option<&str>, password: &str) -> Result<bool, Error> {
        let (stored, password) = (stored.map(str::to_owned), password.to_owned());
        self.work(move || match stored {
            Some(stored) => {
                argon2().is_ok_and(|argon2| argon2.verify_password(password.as_bytes(), stored.as_str()).is_ok())
            }
            None => {
                let _ = hash_now(&password);
                false
            }
        })
        .await
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let _place = self.queue.try_acquire().map_err(|_| Error::Wait(5))?;
        let _turn = self.gate.acquire().await.map_err(|_| Error::Busy("passwords"))?;
        spawn_blocking(work).await.map_err(Error::failed)
    }
}

/// What is wrong with a new password, if anything: length and the obvious, no rules about kinds of characters
/// (ASVS 5.0, 6.2.1 and 6.2.5).
pub fn objection(password: &str, username: &str) -> Option<Message> {
    let length = password.chars().count();
    let lower = password.to_lowercase();
    if length < SHORTEST {
        return Some(Message::new("error-password-short").with("least", SHORTEST));
    }
    if length > LONGEST {
        return Some(Message::new("error-password-long").with("most", LONGEST));
    }
    let is_name = !username.is_empty() && lower.contains(&username.to_lowercase());
    (is_name || COMMON.contains(&lower.as_str()) || is_a_run(&lower)).then(|| Message::new("error-password-common"))
}

/// One character over and over, or characters that count up or down: `aaaaaaaa`, `12345678`, `hgfedcba`.
fn is_a_run(text: &str) -> bool {
    let codes: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    let steps: Vec<i64> = codes.windows(2).map(|pair| pair.last().unwrap_or(&0) - pair.first().unwrap_or(&0)).collect();
    [-1, 0, 1].iter().any(|step| steps.iter().filter(|found| *found == step).count() * 10 >= steps.len() * 9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_everybody_tries_first_is_refused() {
        for (password, key) in [
            ("short1", Some("error-password-short")),
            ("青稞青稞青稞", Some("error-password-short")),
            ("12345678", Some("error-password-common")),
            ("aaaaaaaaaa", Some("error-password-common")),
            ("Password1", Some("error-password-common")),
            ("zhuoma2026", Some("error-password-common")),
            ("barley field at dawn", None),
            ("河滩的青稞熟了二十遍", None),
        ] {
            let found = objection(password, "zhuoma").map(|message| message.key);
            assert_eq!(found.as_deref(), key, "{password}");
        }
        assert_eq!(objection(&"长".repeat(257), "").map(|m| m.key).as_deref(), Some("error-password-long"));
    }

    #[rocket::async_test]
    async fn a_password_opens_only_with_its_own_hash() {
        let passwords = Passwords::default();
        let stored = passwords.hash("barley field at dawn").await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=47104,t=2,p=1$"), "{stored}");
        assert!(passwords.verify(Some(&stored), "barley field at dawn").await.unwrap());
        assert!(!passwords.verify(Some(&stored), "barley field at dusk").await.unwrap());
        assert!(!passwords.verify(None, "barley field at dawn").await.unwrap());
        assert!(!passwords.verify(Some("not a hash"), "x").await.unwrap());
    }
}
