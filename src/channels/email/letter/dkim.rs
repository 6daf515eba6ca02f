//! Signing letters ourselves (DKIM, RFC 6376), where the relay does not. Left out of builds without the feature `dkim`.

#[cfg(feature = "dkim")]
use lettre::message::dkim as by_lettre;
#[cfg(feature = "dkim")]
use lettre::message::header::HeaderName;

/// Whose letters, under which published key. Shows its key to nobody.
#[cfg(feature = "dkim")]
pub struct Dkim(by_lettre::DkimConfig);

/// None can be made.
#[cfg(not(feature = "dkim"))]
pub struct Dkim(std::convert::Infallible);

/// What a change on the way must not go unnoticed in. The thread ids are left out: some relays trim them. So is Content-Type:
/// lettre 0.11 names it in the signature of a multipart letter and does not sign it, and then no signature is good.
#[cfg(feature = "dkim")]
const SIGNED: [&str; 8] = ["From", "To", "Subject", "Date", "Message-ID", "Reply-To", "MIME-Version", "Auto-Submitted"];

#[cfg(feature = "dkim")]
impl Dkim {
    /// `selector` and `domain` name the DNS record `<selector>._domainkey.<domain>`. The key is RSA in PEM (`BEGIN RSA PRIVATE
    /// KEY`, as `openssl genrsa -traditional` writes it), or the 32 bytes of an Ed25519 key in base64.
    pub fn new(selector: &str, domain: &str, key: &str) -> Result<Dkim, String> {
        use by_lettre::{
            DkimCanonicalization, DkimCanonicalizationType, DkimConfig, DkimSigningAlgorithm, DkimSigningKey,
        };
        let is_name = |name: &str| {
            (1..=253).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        };
        if !is_name(selector) || !is_name(domain) {
            return Err("selector and domain are names as in DNS".into());
        }
        let is_rsa = key.contains("-----BEGIN");
        let algorithm = if is_rsa { DkimSigningAlgorithm::Rsa } else { DkimSigningAlgorithm::Ed25519 };
        let key = DkimSigningKey::new(key.trim(), algorithm).map_err(|error| {
            format!("the DKIM key cannot be used ({error}); write one with `openssl genrsa -traditional 2048`")
        })?;
        let relaxed = DkimCanonicalizationType::Relaxed;
        let relaxed = DkimCanonicalization { header: relaxed, body: relaxed };
        let signed = SIGNED.map(HeaderName::new_from_ascii_str).to_vec();
        Ok(Dkim(DkimConfig::new(selector.to_owned(), domain.to_owned(), key, signed, relaxed)))
    }

    /// The signature's time is the system's, read inside lettre.
    pub(super) fn sign(&self, message: &mut lettre::Message) {
        message.sign(&self.0);
    }
}

#[cfg(not(feature = "dkim"))]
impl Dkim {
    pub fn new(_selector: &str, _domain: &str, _key: &str) -> Result<Dkim, String> {
        Err("this program was built without DKIM (feature `dkim`); let the relay sign".into())
    }

    pub(super) fn sign(&self, _message: &mut lettre::Message) {
        match self.0 {}
    }
}
