//! Where an edit of a patched document is made: in the manifest, or in the patch that has the part.
//!
//! What a patch changed is edited in the patch, everything else in the manifest, so that the result
//! is the one that is wanted, and no other tenant gets what was brought by a patch. Where neither
//! can be, there is no edit.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::manifest::edit::Edit;
use crate::manifest::overlay::{Overlay, PartOrigin};
use crate::manifest::yaml::Document;
use crate::text::pointer::above;

/// An edit, and the number of the layer in which it is made: 0 is the manifest.
pub type PlacedEdit = (usize, Edit);

/// The edits of `document` as edits of what it is made of.
///
/// # Errors
/// The part of a patch that stands in the way, and the pointer.
pub fn placed(
    document: &Document,
    edits: &[Edit],
) -> Result<Vec<PlacedEdit>, (String, PartOrigin)> {
    let Some(overlay) = &document.overlay else {
        return Ok(edits.iter().map(|edit| (0, edit.clone())).collect());
    };
    let mut all = Vec::new();
    for edit in edits {
        all.extend(place(overlay, &document.value, edit)?);
    }
    Ok(all)
}

fn place(
    overlay: &Overlay,
    value: &Value,
    edit: &Edit,
) -> Result<Vec<PlacedEdit>, (String, PartOrigin)> {
    let refuse = |pointer: &str, origin: &PartOrigin| Err((pointer.to_owned(), origin.clone()));
    let (Edit::Set { pointer, .. }
    | Edit::Remove { pointer }
    | Edit::RemoveItems { pointer, .. }
    | Edit::Append { pointer, .. }) = edit;
    if let Some(origin) = overlay.patched_below(pointer) {
        return refuse(pointer, origin);
    }
    // Where a patch took a mapping out, a part of it in the patch would bring all of it back.
    let mut at = above(pointer);
    while !at.is_empty() {
        if let Some(origin) = overlay.touched(at)
            && value.pointer(at).is_none()
        {
            return refuse(pointer, origin);
        }
        at = above(at);
    }
    if let Edit::Set { value, .. } = edit
        && value.is_object()
        && overlay.manifest_has(pointer)
        && let Some(origin) = overlay.touched(pointer)
    {
        return refuse(pointer, origin);
    }
    let touched = overlay.touched(pointer);
    let (layer, at) = overlay.origin(pointer);
    let is_merged = layer > 0 && at.starts_with("/merge/");
    Ok(match edit {
        Edit::Set { value, .. } => match touched {
            Some(origin) if !is_merged => return refuse(pointer, origin),
            _ if layer > 0 && !is_merged => return refuse(pointer, &(layer, at)),
            _ => vec![(
                layer,
                Edit::Set {
                    pointer: at,
                    value: value.clone(),
                },
            )],
        },
        Edit::Remove { .. } => match touched {
            Some(origin) if !is_merged => return refuse(pointer, origin),
            _ if layer > 0 && !is_merged => return refuse(pointer, &(layer, at)),
            _ => {
                let is_below = layer > 0 && overlay.manifest_has(pointer);
                let edit = match is_below {
                    true => Edit::Set {
                        pointer: at,
                        value: Value::Null,
                    },
                    false => Edit::Remove { pointer: at },
                };
                vec![(layer, edit)]
            }
        },
        Edit::Append { items, .. } => {
            let (layer, at) = match touched {
                Some((layer, _)) if !is_merged => (*layer, format!("/add{pointer}")),
                _ => (layer, at),
            };
            vec![(
                layer,
                Edit::Append {
                    pointer: at,
                    items: items.clone(),
                },
            )]
        }
        Edit::RemoveItems { indices, .. } => {
            let mut of_list: BTreeMap<(usize, String), Vec<usize>> = BTreeMap::new();
            for index in indices {
                let (layer, at) = overlay.origin(&format!("{pointer}/{index}"));
                let item = at
                    .rsplit_once('/')
                    .and_then(|(list, item)| Some((list.to_owned(), item.parse::<usize>().ok()?)));
                match item {
                    Some((list, item)) => of_list.entry((layer, list)).or_default().push(item),
                    None => return refuse(pointer, &(layer, at)),
                }
            }
            let edits = of_list.into_iter();
            edits
                .map(|((layer, pointer), indices)| (layer, Edit::RemoveItems { pointer, indices }))
                .collect()
        }
    })
}
