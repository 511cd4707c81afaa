//! Which crates the code of a module comes from.

use std::collections::HashMap;

use anyhow::{Context, Result};
use wasmparser::{KnownCustom, Name, Parser, Payload, TypeRef};

/// Functions that tell wasm-bindgen how to write the glue, and that it takes out.
const DESCRIPTION: &str = "__wbindgen_describe";

/// Bytes of code by crate, the heaviest first. The module must have the names of its functions: as it is linked. A generic
/// function counts for the crate that wrote it, whatever it was compiled for.
pub fn by_crate(module: &[u8]) -> Result<Vec<(String, usize)>> {
    let mut imported = 0_usize;
    let mut bodies = Vec::new();
    let mut sizes: HashMap<String, usize> = HashMap::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    imported += usize::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes().len()),
            Payload::CustomSection(section) => {
                let KnownCustom::Name(names) = section.as_known() else { continue };
                for name in names {
                    let Name::Function(functions) = name? else { continue };
                    for function in functions {
                        let function = function?;
                        if function.name.starts_with(DESCRIPTION) {
                            continue;
                        }
                        let own = (function.index as usize).checked_sub(imported);
                        if let Some(bytes) = own.and_then(|at| bodies.get(at)) {
                            *sizes.entry(crate_of(function.name)).or_default() += bytes;
                        }
                    }
                }
            }
            _ => {}
        }
    }
    let mut sizes: Vec<_> = sizes.into_iter().collect();
    sizes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    sizes.first().context("the module has no names of functions")?;
    Ok(sizes)
}

/// `<sync_core::engine::Engine>::step` → `sync_core`; what is no path of Rust's comes from elsewhere.
fn crate_of(symbol: &str) -> String {
    let name = format!("{:#}", rustc_demangle::demangle(symbol));
    let path = name.trim_start_matches(['<', '&', '*', '(', '[']);
    let path =
        ["mut ", "dyn ", "const "].iter().fold(path, |path, word| path.trim_start_matches(word));
    let end = path.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(path.len());
    match path[end..].starts_with("::") {
        true => path[..end].to_owned(),
        false => "(none)".to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use wasm_encoder::{
        CodeSection, Function, FunctionSection, Module, NameMap, NameSection, TypeSection,
    };

    #[test]
    fn a_function_counts_for_the_crate_that_its_name_begins_with() {
        assert_eq!(crate_of("_RNvMs_NtCs1234_9sync_core6engineNtB4_6Engine4step"), "sync_core");
        assert_eq!(crate_of("_ZN4core3fmt5write17h0123456789abcdefE"), "core");
        assert_eq!(crate_of("__wbindgen_malloc"), "(none)");
        assert_eq!(crate_of("memcpy"), "(none)");
    }

    #[test]
    fn the_code_of_a_crate_is_summed_and_the_heaviest_comes_first() {
        let (mut types, mut functions) = (TypeSection::new(), FunctionSection::new());
        let (mut code, mut names) = (CodeSection::new(), NameMap::new());
        types.ty().function([], []);
        for (index, (name, operators)) in
            [("_ZN1a1fE", 1), ("_ZN1b1fE", 3), ("__wbindgen_describe_f", 9), ("_ZN1a1gE", 1)]
                .into_iter()
                .enumerate()
        {
            let mut body = Function::new([]);
            for _ in 0..operators {
                body.instructions().nop();
            }
            body.instructions().end();
            functions.function(0);
            code.function(&body);
            names.append(index as u32, name);
        }
        let mut section = NameSection::new();
        section.functions(&names);
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&code).section(&section);
        // Each body has a byte for its locals and one for its end.
        let expected = [("a".to_owned(), 6), ("b".to_owned(), 5)];
        assert_eq!(by_crate(&module.finish()).unwrap(), expected);
        assert!(by_crate(&Module::new().finish()).is_err());
    }
}
