//! gatewright: Conditional Access as code for Microsoft Entra ID.

pub mod manifest;
pub mod model;
pub mod sandbox;
