//! What a module's accesses say of their alignment.
//!
//! It is a hint, and at most what holds. Whether eight bytes stand at a multiple of eight or of four, the compiler knows
//! at one place and not at another: where all say four, they read alike, and no processor is slower for it.

use anyhow::{Context, Result};
use wasm_encoder::reencode::{utils, Error, Reencode};
use wasm_encoder::{MemArg, Module};
use wasmparser::Parser;

/// Four bytes, as a power of two.
const MOST: u32 = 2;

/// The same module, no access of which claims to be aligned to more than four bytes.
pub fn evened(module: &[u8]) -> Result<Vec<u8>> {
    let mut evened = Module::new();
    Evened.parse_core_module(&mut evened, Parser::new(0), module).context("alignment")?;
    Ok(evened.finish())
}

struct Evened;

impl Reencode for Evened {
    type Error = std::convert::Infallible;

    fn mem_arg(&mut self, access: wasmparser::MemArg) -> Result<MemArg, Error<Self::Error>> {
        let access = utils::mem_arg(self, access)?;
        Ok(MemArg { align: access.align.min(MOST), ..access })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use wasm_encoder::{
        CodeSection, Function, FunctionSection, Instruction, MemorySection, MemoryType, TypeSection,
    };
    use wasmparser::{Operator, Payload, Validator};

    #[test]
    fn an_access_claims_four_bytes_at_most_and_never_more_than_before() {
        let access = |align| MemArg { offset: 16, align, memory_index: 0 };
        let mut function = Function::new([]);
        for align in [3, 2, 0] {
            function.instruction(&Instruction::I32Const(0));
            function.instruction(&Instruction::I64Load(access(align)));
            function.instruction(&Instruction::Drop);
        }
        function.instruction(&Instruction::End);
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut functions = FunctionSection::new();
        functions.function(0);
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: 1,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut code = CodeSection::new();
        code.function(&function);
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&memories).section(&code);

        let evened = evened(&module.finish()).unwrap();
        Validator::new().validate_all(&evened).unwrap();
        let mut claimed = Vec::new();
        for payload in Parser::new(0).parse_all(&evened) {
            if let Payload::CodeSectionEntry(body) = payload.unwrap() {
                for operator in body.get_operators_reader().unwrap() {
                    if let Operator::I64Load { memarg } = operator.unwrap() {
                        assert_eq!(memarg.offset, 16);
                        claimed.push(memarg.align);
                    }
                }
            }
        }
        assert_eq!(claimed, [2, 2, 0]);
    }
}
