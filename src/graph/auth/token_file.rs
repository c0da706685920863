//! The token of another identity provider in a file, such as Kubernetes puts it there.

use std::path::PathBuf;

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;

use crate::disk;

/// The largest file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Reads the file each time that an access token is asked for: its writer renews it.
#[derive(Debug)]
pub(super) struct FileAssertion(pub(super) PathBuf);

#[async_trait]
impl ClientAssertion for FileAssertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let failed = |problem: String| {
            let file = self.0.display();
            let said = format!("the federated token in `{file}` cannot be read: {problem}");
            Error::with_message(ErrorKind::Credential, said)
        };
        let bytes = disk::read(&self.0, MAX_FILE_BYTES).map_err(|e| failed(e.to_string()))?;
        // Any other file would go to the sign-in host as it is.
        match std::str::from_utf8(&bytes).map(str::trim) {
            Ok(token) if !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic()) => {
                Ok(token.to_owned())
            }
            _ => Err(failed("it must hold one token and nothing else".to_owned())),
        }
    }
}
