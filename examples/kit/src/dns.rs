//! Asking the DNS for TXT records.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tenancy_core::domain::TxtLookup;
use tenancy_core::{Error, ErrorKind, async_trait};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A resolver, asked over TCP alone: who cannot see the connection cannot put in an answer.
///
/// It is trusted, and so is the network to it; best it runs on this machine and checks DNSSEC.
#[derive(Debug, Clone, Copy)]
pub struct DnsServer(SocketAddr);

const PORT: u16 = 53;
const TXT: u16 = 16;
const IN: u16 = 1;

impl DnsServer {
    /// Asks the one at this address.
    pub const fn at(address: SocketAddr) -> Self {
        Self(address)
    }

    /// Asks the first one that this machine is set to ask.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`] when `/etc/resolv.conf` names none.
    pub fn of_system() -> Result<Self, Error> {
        let fault = || {
            let message = "read /etc/resolv.conf: it names no resolver to ask";
            Error::new(ErrorKind::Misconfigured, message)
        };
        let text = std::fs::read_to_string("/etc/resolv.conf")
            .map_err(|source| fault().with_source(source))?;
        first_of(&text).map(|address| Self(SocketAddr::new(address, PORT))).ok_or_else(fault)
    }

    async fn ask(&self, question: &Question) -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(self.0).await?;
        let length = u16::try_from(question.0.len()).map_err(io::Error::other)?;
        stream.write_all(&[&length.to_be_bytes()[..], &question.0].concat()).await?;
        let mut answer = vec![0; stream.read_u16().await?.into()];
        stream.read_exact(&mut answer).await?;
        Ok(answer)
    }
}

#[async_trait]
impl TxtLookup for DnsServer {
    async fn txt(&self, name: &str) -> Result<Vec<String>, Error> {
        let question = Question::about(name)?;
        let away = || Error::new(ErrorKind::Unavailable, "ask the DNS");
        let answer = self.ask(&question).await.map_err(|source| away().with_source(source))?;
        question.read(&answer).ok_or_else(|| away().with_source("the answer is none to this"))
    }
}

/// Reads the address of the first resolver.
fn first_of(text: &str) -> Option<IpAddr> {
    text.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some("nameserver")).then(|| words.next()?.parse().ok()).flatten()
    })
}

/// A message as RFC 1035 has it: a head of twelve bytes, and one question.
struct Question(Vec<u8>);

const HEAD: usize = 12;

impl Question {
    fn about(name: &str) -> Result<Self, Error> {
        let mut id = [0_u8; 2];
        getrandom::fill(&mut id).map_err(|source| {
            Error::new(ErrorKind::Internal, "ask the DNS: no random bytes").with_source(source)
        })?;
        // Recursion is wanted; one question, nothing else.
        let mut message = [&id[..], &[1, 0, 0, 1, 0, 0, 0, 0, 0, 0]].concat();
        for label in name.split('.') {
            let length = u8::try_from(label.len()).ok().filter(|length| (1..=63).contains(length));
            let length = length.ok_or_else(|| Error::invalid("name", "ask the DNS: no name"))?;
            message.push(length);
            message.extend_from_slice(label.as_bytes());
        }
        message.push(0);
        message.extend_from_slice(&TXT.to_be_bytes());
        message.extend_from_slice(&IN.to_be_bytes());
        if message.len() - HEAD > 255 + 4 {
            return Err(Error::invalid("name", "ask the DNS: the name is too long"));
        }
        Ok(Self(message))
    }

    /// Reads the records of an answer; `None` when it is no answer to this, or is malformed.
    fn read(&self, answer: &[u8]) -> Option<Vec<String>> {
        /// No such name: it has no records.
        const NO_NAME: u8 = 3;

        let head = answer.get(..HEAD)?;
        let is_ours = head[..2] == self.0[..2] && head[2] & 0x80 != 0 && head[4..6] == [0, 1];
        let is_whole = head[2] & 0x02 == 0;
        let asked = answer.get(HEAD..self.0.len())?;
        if !is_ours || !is_whole || !asked.eq_ignore_ascii_case(&self.0[HEAD..]) {
            return None;
        }
        match head[3] & 0x0f {
            0 => {}
            NO_NAME => return Some(Vec::new()),
            _ => return None,
        }
        let count = u16::from_be_bytes([head[6], head[7]]);
        let mut rest = &answer[self.0.len()..];
        let mut found = Vec::new();
        for _ in 0..count {
            let record = Record::first(rest)?;
            if (record.kind, record.class) == (TXT, IN) {
                found.push(text(record.data)?);
            }
            rest = record.behind;
        }
        Some(found)
    }
}

/// A record, and what is behind it. Whose it is does not matter: the resolver has followed the
/// names.
struct Record<'a> {
    kind: u16,
    class: u16,
    data: &'a [u8],
    behind: &'a [u8],
}

impl<'a> Record<'a> {
    fn first(bytes: &'a [u8]) -> Option<Self> {
        let fixed = behind_name(bytes)?;
        let number = |at: usize| Some(u16::from_be_bytes([*fixed.get(at)?, *fixed.get(at + 1)?]));
        let (kind, class, length) = (number(0)?, number(2)?, usize::from(number(8)?));
        let (data, behind) = (fixed.get(10..10 + length)?, fixed.get(10 + length..)?);
        Some(Self { kind, class, data, behind })
    }
}

/// Returns what is behind a name: labels up to an empty one, or to a pointer.
fn behind_name(mut bytes: &[u8]) -> Option<&[u8]> {
    loop {
        match *bytes.first()? {
            0 => return bytes.get(1..),
            length @ 1..=63 => bytes = bytes.get(1 + usize::from(length)..)?,
            0xc0.. => return bytes.get(2..),
            _ => return None,
        }
    }
}

/// Joins the strings of a record.
fn text(mut data: &[u8]) -> Option<String> {
    let mut joined = Vec::new();
    while let Some((length, rest)) = data.split_first() {
        joined.extend_from_slice(rest.get(..usize::from(*length))?);
        data = &rest[usize::from(*length)..];
    }
    Some(String::from_utf8_lossy(&joined).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer to a question: a CNAME, and a TXT of two strings behind a pointer.
    fn answer(question: &Question) -> Vec<u8> {
        let mut answer = question.0.clone();
        answer[2] = 0x81;
        answer[7] = 2;
        answer.extend_from_slice(b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x04\x01a\xc0\x0c");
        answer.extend_from_slice(
            b"\x01a\xc0\x0c\x00\x10\x00\x01\x00\x00\x00\x3c\x00\x08\x03abc\x03def",
        );
        answer
    }

    #[test]
    fn strings_are_joined_and_other_records_passed_over() {
        let question = Question::about("_tenancy-challenge.pay.harbor.example").unwrap();
        assert_eq!(question.read(&answer(&question)), Some(vec!["abcdef".to_owned()]));
        let mut none = question.0.clone();
        (none[2], none[3]) = (0x81, 3);
        assert_eq!(question.read(&none), Some(Vec::new()), "there is no such name");
        none[3] = 2;
        assert_eq!(question.read(&none), None, "the server has failed");
    }

    /// What is cut anywhere, of another question, or of another id, is no answer and no panic.
    #[test]
    fn what_is_no_answer_is_none() {
        let question = Question::about("pay.harbor.example").unwrap();
        let whole = answer(&question);
        for end in 0..whole.len() {
            assert_eq!(question.read(&whole[..end]), None, "cut at {end}");
        }
        for at in [0, 2, 5, HEAD + 1] {
            let mut forged = whole.clone();
            forged[at] ^= 0x81;
            assert_eq!(question.read(&forged), None, "changed at {at}");
        }
        let other = Question::about("pay.summit.example").unwrap();
        assert_eq!(other.read(&whole), None);
        assert_eq!(question.read(&question.0), None, "a question is no answer");
        for bad in ["", "a..b", &"x".repeat(64), &"abc.".repeat(90)] {
            assert!(Question::about(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_first_resolver_is_asked() {
        let text = "# nameserver 192.0.2.1\nsearch example\nnameserver 192.0.2.2\nnameserver ::1\n";
        assert_eq!(first_of(text), "192.0.2.2".parse().ok());
        assert_eq!(first_of("search example\n"), None);
    }
}
