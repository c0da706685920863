//! A Graph that answers what it was told to, in order; and the faults of the real service
//! that the sandbox does not have.

use std::sync::{Arc, Mutex};

use gatewright::graph::client::{Client, Pace};
use gatewright::graph::read::{RISK_TOP, Reader};
use gatewright::graph::token::Token;
use gatewright::risk::{RiskFilter, read};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Answers each request with the next answer, and keeps what was asked.
pub struct Fake {
    pub url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    /// The answers hold `[here]` where the address belongs.
    pub async fn new(answers: Vec<(u16, Value)>) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, here) = (Arc::clone(&asked), url.clone());
        tokio::spawn(async move {
            for (status, body) in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                let mut buffer = [0; 4096];
                while !request.windows(4).any(|w| w == b"\r\n\r\n") {
                    let n = stream.read(&mut buffer).await.unwrap();
                    assert!(n > 0, "a request breaks off");
                    request.extend_from_slice(&buffer[..n]);
                }
                let text = String::from_utf8_lossy(&request);
                let line = text.lines().next().unwrap_or_default().to_owned();
                kept.lock().unwrap().push(line);
                let body = body.to_string().replace("[here]", &here);
                let head = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                stream.write_all(head.as_bytes()).await.unwrap();
                stream.write_all(body.as_bytes()).await.unwrap();
                let _ = stream.shutdown().await;
            }
        });
        Fake { url, asked }
    }

    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn page(count: usize) -> Value {
    let users: Vec<Value> = (0..count)
        .map(|n| json!({"id": format!("{n}"), "riskState": "atRisk"}))
        .collect();
    json!({"value": users, "@odata.nextLink": "[here]/v1.0/identityProtection/riskyUsers?$skiptoken=x"})
}

/// What the service answers to the page behind the last one (issue 2329 of the documentation).
fn mute() -> Value {
    json!({"error": {"code": "BadRequest", "message": "",
        "innerError": {"date": "2022-03-29T05:52:43", "request-id": "a", "client-request-id": "b"}}})
}

async fn listed(answers: Vec<(u16, Value)>) -> Result<(usize, bool), String> {
    let fake = Fake::new(answers).await;
    let client = Client::new(&fake.url, &Token::new("t"), Pace::Unlimited).unwrap();
    let found = read::users(&Reader::new(&client), &RiskFilter::default()).await;
    let asked = fake.asked();
    assert!(asked[0].contains("riskyUsers?$top=500 "), "{asked:?}");
    found
        .map(|list| (list.items.len(), list.cut))
        .map_err(|e| e.to_string())
}

#[tokio::test]
async fn the_known_fault_of_the_last_page_is_the_end_and_is_told() {
    let full = || (200, page(RISK_TOP));
    let end = |count| (200, json!({"value": page(count)["value"]}));
    assert_eq!(listed(vec![full(), (400, mute())]).await, Ok((500, true)));
    assert_eq!(listed(vec![full(), end(0)]).await, Ok((500, false)));
    // An empty page in the middle is no end.
    assert_eq!(listed(vec![(200, page(0)), end(3)]).await, Ok((3, false)));
    // The refusal of any other page, or one that says why, is no end either.
    let why = json!({"error": {"code": "BadRequest", "message": "Invalid skip token."}});
    assert!(listed(vec![full(), (400, why)]).await.is_err());
    assert!(listed(vec![(200, page(3)), (400, mute())]).await.is_err());
    assert!(listed(vec![(400, mute())]).await.is_err());
}
