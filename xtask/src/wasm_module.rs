//! The sections of a WebAssembly module (core specification, 5.5) that say what it imports and exports.

use anyhow::Result;
use wasmparser::{Parser, Payload, TypeRef};

/// The field names of a module's imports; nothing if it is malformed.
pub fn imports(module: &[u8]) -> Option<Vec<String>> {
    let Some(mut body) = section(module, 2)? else { return Some(Vec::new()) };
    let mut names = Vec::new();
    for _ in 0..leb128(&mut body)? {
        name(&mut body)?;
        names.push(name(&mut body)?);
        skip_import_kind(&mut body)?;
    }
    Some(names)
}

/// How many of a module's functions come from outside: theirs are the first indices.
pub fn imported_functions(module: &[u8]) -> Result<u32> {
    let mut count = 0;
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ImportSection(imports) = payload? {
            for import in imports.into_imports() {
                count += u32::from(matches!(import?.ty, TypeRef::Func(_)));
            }
        }
    }
    Ok(count)
}

/// The names of a module's exports; nothing if it is malformed.
pub fn exports(module: &[u8]) -> Option<Vec<String>> {
    let Some(mut body) = section(module, 7)? else { return Some(Vec::new()) };
    let mut names = Vec::new();
    for _ in 0..leb128(&mut body)? {
        names.push(name(&mut body)?);
        body = body.get(1..)?;
        leb128(&mut body)?;
    }
    Some(names)
}

/// `__wbg_fetch_0123456789abcdef` → `__wbg_fetch`; closures' and casts' numbers go as well.
pub fn without_hash(name: &str) -> &str {
    match name.rsplit_once('_') {
        Some((rest, hash))
            if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) =>
        {
            rest
        }
        _ => name,
    }
}

/// The body of the first section of this kind; the inner nothing is a module without one.
fn section(module: &[u8], wanted: u8) -> Option<Option<&[u8]>> {
    let mut rest = module.strip_prefix(b"\0asm\x01\0\0\0")?;
    while let Some((&id, tail)) = rest.split_first() {
        let mut section = tail;
        let length = usize::try_from(leb128(&mut section)?).ok()?;
        let (body, after) = section.split_at_checked(length)?;
        rest = after;
        if id == wanted {
            return Some(Some(body));
        }
    }
    Some(None)
}

fn skip_import_kind(body: &mut &[u8]) -> Option<()> {
    let (&kind, tail) = body.split_first()?;
    *body = tail;
    match kind {
        0 => leb128(body).map(drop),
        1 => {
            *body = body.get(1..)?;
            skip_limits(body)
        }
        2 => skip_limits(body),
        3 => {
            *body = body.get(2..)?;
            Some(())
        }
        _ => None,
    }
}

fn skip_limits(body: &mut &[u8]) -> Option<()> {
    let (&flags, tail) = body.split_first()?;
    *body = tail;
    leb128(body)?;
    if flags & 1 == 1 {
        leb128(body)?;
    }
    Some(())
}

fn name(body: &mut &[u8]) -> Option<String> {
    let length = usize::try_from(leb128(body)?).ok()?;
    let (bytes, tail) = body.split_at_checked(length)?;
    *body = tail;
    String::from_utf8(bytes.to_vec()).ok()
}

fn leb128(body: &mut &[u8]) -> Option<u32> {
    let mut value = 0_u32;
    for shift in (0..35).step_by(7) {
        let (&byte, tail) = body.split_first()?;
        *body = tail;
        value |= u32::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
    use super::*;

    #[test]
    fn imports_are_read_from_the_section_they_stand_in() {
        // (import "m" "f" (func (type 0))) (import "m" "t" (memory 1))
        let module =
            b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x0e\x02\x01m\x01f\0\0\x01m\x01t\x02\0\x01";
        assert_eq!(imports(module).unwrap(), ["f", "t"]);
        assert_eq!(imports(&module[..module.len() - 3]), None);
        assert_eq!(imports(b"no module"), None);
    }

    #[test]
    fn only_a_hash_is_cut_from_a_name() {
        assert_eq!(without_hash("__wbg_fetch_0123456789abcdef"), "__wbg_fetch");
        assert_eq!(
            without_hash("__wbindgen_init_externref_table"),
            "__wbindgen_init_externref_table"
        );
    }

    #[test]
    fn exports_are_read_from_theirs() {
        // (export "sync" (func 0))
        let module = b"\0asm\x01\0\0\0\x07\x08\x01\x04sync\0\0";
        assert_eq!(exports(module).unwrap(), ["sync"]);
        assert_eq!(imports(module).unwrap(), Vec::<String>::new());
        assert_eq!(exports(&module[..module.len() - 2]), None);
    }
}
