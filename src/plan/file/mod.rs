//! A saved plan: what `plan --out` writes, `show` shows, and `apply FILE` carries out.
//!
//! The file holds the actions, what was asked of the tenant to decide on them, and
//! fingerprints of what was found. Before anything is written the same is asked again, and a
//! plan whose ground has moved is refused. Ids of objects that the plan itself creates are
//! stood for by `pending:Kind:name`.
//!
//! Guarantees: a file that is read back is the plan that was saved; what it shows (`after`)
//! is what it does (`desired`); an object that it changes or deletes is one that it has a
//! fingerprint of. Caveat: the digest finds accidents, and edits when it is pinned; somebody
//! who can rewrite the file can work out another one.

mod canonical;
pub mod fingerprint;
mod format;
pub mod ground;
pub mod lookup;
pub mod read;
mod stand_in;
mod write;

pub use canonical::{digest_of, digest_of_text, sha256};
pub use format::{
    FORMAT_VERSION, KIND, LinkPhases, MAX_FILE_BYTES, SavedAction, SavedConsent, SavedEdition,
    SavedEffect, SavedGuard, SavedNotice, SavedPlace, SavedPlan, SavedTenant, SavedUnchanged,
    Sources, UndoneRun,
};
pub use write::Origin;
