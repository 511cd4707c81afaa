//! What a module's imports are called.
//!
//! wasm-bindgen ends each name with a hash of sixteen digits, so that two versions of it may stand in one module. No
//! compressor makes them smaller, and each is sent twice: in the module and in the glue.

use std::collections::{HashMap, HashSet};

use anyhow::{bail, Context, Result};
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{EntityType, ImportSection, Module};
use wasmparser::{Import, Imports, Parser};

use crate::wasm_module;

/// Module and glue with names that end without a hash: `__wbg_fetch_0123456789abcdef` is `__wbg_fetch` in both, and a
/// second one of that name `__wbg_fetch_2`.
pub fn without_hashes(module: &[u8], glue: &str) -> Result<(Vec<u8>, String)> {
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
        let numbered = (2..).map(|number| format!("{short}_{number}"));
        let mut free = std::iter::once(short.to_owned()).chain(numbered);
        let plain = free.find(|name| taken.insert(name.clone())).context("numbers end")?;
        plain_glue = plain_glue.replace(&name, &plain);
        names.insert(name, plain);
    }
    let mut plain = Module::new();
    Rename { names }
        .parse_core_module(&mut plain, Parser::new(0), module)
        .context("renaming the module's imports")?;
    Ok((plain.finish(), plain_glue))
}

/// Writes a module down again, its imports under other names.
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
        imports.import(import.module, name, ty);
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
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use wasm_encoder::TypeSection;
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
        let names = ["__wbg_then_00000000000000ff", "__wbg_then_0123456789abcdef", "__wbg_fetch"];
        let glue = names.map(|name| format!("{name}: () => {{}},\n")).concat();
        let (module, glue) = without_hashes(&module(&names), &glue).unwrap();
        Validator::new().validate_all(&module).unwrap();
        assert_eq!(
            wasm_module::imports(&module).unwrap(),
            ["__wbg_then", "__wbg_then_2", "__wbg_fetch"]
        );
        assert_eq!(
            glue,
            "__wbg_then: () => {},\n__wbg_then_2: () => {},\n__wbg_fetch: () => {},\n"
        );
    }

    #[test]
    fn glue_that_lacks_a_name_is_refused() {
        assert!(without_hashes(&module(&["__wbg_then_0123456789abcdef"]), "").is_err());
    }
}
