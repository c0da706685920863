//! Facts about Microsoft Entra ID that are the same in every tenant, as data files.
//!
//! Built-in roles, first-party applications, country codes, combinations of authentication methods
//! and the special values of policies. The tables let manifests use names where the service wants
//! ids, and let checks run without a tenant. Each table says where its facts come from. None of the
//! tables is complete for ever: a value that is missing here may still be known to the service.

pub mod combinations;
mod named;
pub mod special;
pub mod suites;

pub use named::{APPS, COUNTRIES, Named, NamedTable, ROLES, is_country_code};

/// The value of a data file that is part of the binary.
#[expect(clippy::expect_used, reason = "tests read every such file")]
pub(crate) fn embedded<T: serde::Deserialize<'static>>(text: &'static str) -> T {
    serde_json::from_str(text).expect("tests read every embedded file")
}
