use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A server of the DNS that knows TXT records, over TCP.
pub(super) struct Zone {
    address: SocketAddr,
    records: Arc<Mutex<HashMap<String, Vec<String>>>>,
}

impl Zone {
    pub(super) async fn serve() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let records: Arc<Mutex<HashMap<String, Vec<String>>>> = Arc::default();
        let known = records.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut question = vec![0; stream.read_u16().await.unwrap_or(0).into()];
                if stream.read_exact(&mut question).await.is_err() || question.len() < 18 {
                    continue;
                }
                let found = known.lock().expect("no panic").get(&name_of(&question)).cloned();
                let answer = answer(question, found.as_deref());
                let length = u16::try_from(answer.len()).expect("it is short");
                let _ = stream.write_all(&[&length.to_be_bytes()[..], &answer].concat()).await;
            }
        });
        Self { address, records }
    }

    pub(super) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Sets a record beside one that has nothing to do with it.
    pub(super) fn set(&self, name: &str, value: &str) {
        let records = vec!["v=spf1 -all".to_owned(), value.to_owned()];
        self.records.lock().expect("no panic").insert(name.to_owned(), records);
    }
}

fn name_of(question: &[u8]) -> String {
    let (mut labels, mut at) = (Vec::new(), 12);
    while question[at] > 0 {
        let end = at + 1 + usize::from(question[at]);
        labels.push(String::from_utf8_lossy(&question[at + 1..end]).to_lowercase());
        at = end;
    }
    labels.join(".")
}

fn answer(mut message: Vec<u8>, records: Option<&[String]>) -> Vec<u8> {
    message[2] = 0x81;
    message[3] = if records.is_some() { 0x80 } else { 0x83 };
    let records = records.unwrap_or_default();
    message[7] = u8::try_from(records.len()).expect("a few");
    for record in records {
        let length = u8::try_from(record.len()).expect("a short one");
        message.extend_from_slice(&[0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, length + 1, length]);
        message.extend_from_slice(record.as_bytes());
    }
    message
}
