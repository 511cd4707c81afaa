//! What a module's imports and the exports for its glue are called.
//!
//! wasm-bindgen ends each import with a hash of sixteen digits, so that two versions of it may stand in one module, and
//! calls what the glue calls back by its type, written out. No compressor makes either smaller, and each is sent twice:
//! in the module and in the glue.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use anyhow::{bail, Context, Result};
use wasm_encoder::reencode::{utils, Error, Reencode};
use wasm_encoder::{EntityType, ExportSection, ImportSection, Module};
use wasmparser::{Export, Import, Imports, Parser, Payload};

use crate::wasm_module;

/// What wasm-bindgen's names of the exports begin with that only the glue calls.
const CALLED_BACK: &str = "wasm_bindgen_";
/// What its names of imports begin with, one or both.
const PREFIXES: [&str; 2] = ["__wbg_", "__wbindgen_"];

/// What all imports come from, and each of them repeats.
const GLUE: &str = "./glue";

/// Module and glue with plain names: `__wbg_fetch_0123456789abcdef` is `fetch` in both, a second one of that name
/// `fetch_2`, and what is called back `call_1`, `call_2` …
pub fn plain(module: &[u8], glue: &str) -> Result<(Vec<u8>, String)> {
    let mut long = wasm_module::imports(module).context("the module's imports are malformed")?;
    long.sort();
    let mut names = HashMap::new();
    let mut taken = HashSet::new();
    let mut plain_glue = glue.to_owned();
    for name in long {
        if glue.matches(name.as_str()).count() != 1 {
            bail!("the glue does not give `{name}` to the module once");
        }
        let short = wasm_module::without_hash(&name);
        let short =
            PREFIXES.iter().fold(short, |name, prefix| name.strip_prefix(prefix).unwrap_or(name));
        let numbered = (2..).map(|number| format!("{short}_{number}"));
        let mut free = std::iter::once(short.to_owned()).chain(numbered);
        let plain = free.find(|name| taken.insert(name.clone())).context("numbers end")?;
        plain_glue = plain_glue.replace(&name, &plain);
        names.insert(name, plain);
    }
    let whole = glue_named_by(module)?;
    if plain_glue.matches(&format!("\"{whole}\"")).count() != 1 {
        bail!("the glue does not call itself `{whole}` once");
    }
    plain_glue = plain_glue.replace(&format!("\"{whole}\""), &format!("\"{GLUE}\""));
    let exports = wasm_module::exports(module).context("the module's exports are malformed")?;
    let mut called_back: Vec<_> =
        exports.into_iter().filter(|name| name.starts_with(CALLED_BACK)).collect();
    // The longest first: one may begin as another does.
    called_back.sort_by_key(|name| (Reverse(name.len()), name.clone()));
    for (name, number) in called_back.into_iter().zip(1..) {
        let plain = format!("call_{number}");
        // Its functions that call them have the same names.
        if !plain_glue.contains(&format!(".{name}(")) {
            bail!("the glue does not call `{name}`");
        }
        plain_glue = plain_glue.replace(&name, &plain);
        names.insert(name, plain);
    }
    let mut plain = Module::new();
    Rename { names }
        .parse_core_module(&mut plain, Parser::new(0), module)
        .context("renaming the module's imports and exports")?;
    Ok((plain.finish(), plain_glue))
}

/// What the module calls its glue: all imports come from there.
fn glue_named_by(module: &[u8]) -> Result<String> {
    let mut glue = HashSet::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ImportSection(imports) = payload? {
            for import in imports.into_imports() {
                glue.insert(import?.module);
            }
        }
    }
    match Vec::from_iter(glue).as_slice() {
        [glue] => Ok((*glue).to_owned()),
        others => bail!("imports come from {others:?}, not from one module"),
    }
}

/// Writes a module down again, its imports and exports under other names.
struct Rename {
    names: HashMap<String, String>,
}

impl Rename {
    fn import(
        &mut self,
        imports: &mut ImportSection,
        import: Import<'_>,
    ) -> Result<(), Error<std::convert::Infallible>> {
        let ty: EntityType = self.entity_type(import.ty)?;
        let name = self.names.get(import.name).map_or(import.name, String::as_str);
        imports.import(GLUE, name, ty);
        Ok(())
    }
}

impl Reencode for Rename {
    type Error = std::convert::Infallible;

    fn parse_imports(
        &mut self,
        section: &mut ImportSection,
        imports: Imports<'_>,
    ) -> Result<(), Error<Self::Error>> {
        for import in imports {
            let (_, import) = import?;
            self.import(section, import)?;
        }
        Ok(())
    }

    fn parse_export(
        &mut self,
        exports: &mut ExportSection,
        export: Export<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let name = self.names.get(export.name).map_or(export.name, String::as_str).to_owned();
        utils::parse_export(self, exports, Export { name: &name, ..export })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use wasm_encoder::{ExportKind, TypeSection};
    use wasmparser::Validator;

    fn module(names: &[&str]) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut imports = ImportSection::new();
        for name in names {
            imports.import("./glue.js", name, EntityType::Function(0));
        }
        let mut module = Module::new();
        module.section(&types).section(&imports);
        module.finish()
    }

    #[test]
    fn a_name_loses_its_hash_in_the_module_and_in_the_glue() {
        let names = [
            "__wbg_then_00000000000000ff",
            "__wbg_then_0123456789abcdef",
            "__wbg_fetch",
            "__wbg___wbindgen_throw_0123456789abcdef",
        ];
        let given = names.map(|name| format!("{name}: () => {{}},\n")).concat();
        let glue = format!("{given}\"./glue.js\": given");
        let (module, glue) = plain(&module(&names), &glue).unwrap();
        Validator::new().validate_all(&module).unwrap();
        let short = ["then", "then_2", "fetch", "throw"];
        assert_eq!(wasm_module::imports(&module).unwrap(), short);
        let given = short.map(|name| format!("{name}: () => {{}},\n")).concat();
        assert_eq!(glue, format!("{given}\"./glue\": given"));
        assert_eq!(glue_named_by(&module).unwrap(), GLUE);
    }

    #[test]
    fn what_the_glue_calls_back_has_a_short_name_in_both() {
        let names = ["wasm_bindgen_0f___Promise", "start", "wasm_bindgen_0f___Promise__2"];
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut imports = ImportSection::new();
        imports.import("./glue.js", "__wbg_fetch", EntityType::Function(0));
        let mut exports = ExportSection::new();
        for name in names {
            exports.export(name, ExportKind::Func, 0);
        }
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&exports);
        let glue =
            names.map(|name| format!("wasm.{name}(a);")).concat() + "__wbg_fetch \"./glue.js\"";
        let (module, glue) = plain(&module.finish(), &glue).unwrap();
        Validator::new().validate_all(&module).unwrap();
        assert_eq!(wasm_module::exports(&module).unwrap(), ["call_2", "start", "call_1"]);
        assert_eq!(glue, "wasm.call_2(a);wasm.start(a);wasm.call_1(a);fetch \"./glue\"");
    }

    #[test]
    fn glue_that_lacks_a_name_is_refused() {
        assert!(plain(&module(&["__wbg_then_0123456789abcdef"]), "").is_err());
    }
}
