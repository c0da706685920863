//! What is done with texts in more than one room, once: names counted, JSON pointers written and
//! read, GUIDs told, characters shown of which nothing is seen. Knows nothing of what it is for.

mod file_name;
mod guid;
mod list;
pub mod pointer;
mod seen;
mod shell;

pub use file_name::{is_device_name, is_portable_name};
pub use guid::is_guid;
pub use list::{counted, few, few_names, with_article};
pub use seen::{is_unseen, unseen, visible, visible_json};
pub use shell::{posix_word, powershell_word, shell_arguments, shell_word};
