//! Copies of a known size, each by a function of its own.
//!
//! A value that moves is so many loads and stores at each place, or one `memory.copy`, which is a call out of the
//! module in some browsers. A call of a function that loads all and stores all is smaller than either, and as fast as
//! the loads and stores.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use wasm_encoder::reencode::{utils, Error, Reencode};
use wasm_encoder::{
    CodeSection, Function, FunctionSection, Instruction, MemArg, Module, TypeSection, ValType,
};
use wasmparser::{
    CodeSectionReader, FunctionBody, FunctionSectionReader, Operator, Parser, Payload,
    TypeSectionReader,
};

use crate::wasm_module;

/// Of so many places at least, or the function takes more than it saves.
const PLACES_MIN: usize = 3;
/// What is larger is copied by `memory.copy` (bytes): the loads and stores would be longer than that takes.
const LOADED_MAX: u32 = 64;

/// The same module, each of its copies whose size stands in the code made by a call.
pub fn by_calls(module: &[u8]) -> Result<Vec<u8>> {
    let mut places: BTreeMap<u32, usize> = BTreeMap::new();
    let (mut types, mut functions) = (0, wasm_module::imported_functions(module)?);
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::TypeSection(section) => types = section.count(),
            Payload::FunctionSection(section) => functions += section.count(),
            Payload::CodeSectionEntry(body) => {
                let mut before = None;
                for operator in body.get_operators_reader()? {
                    let operator = operator?;
                    if let (Some(size), true) = (before, is_copy(&operator)) {
                        *places.entry(size).or_default() += 1;
                    }
                    before = size(&operator);
                }
            }
            _ => {}
        }
    }
    places.retain(|_, count| *count >= PLACES_MIN);
    let functions = places.into_keys().zip(functions..).collect();
    let mut called = Module::new();
    Calls { ty: types, functions }
        .parse_core_module(&mut called, Parser::new(0), module)
        .context("copies by calls")?;
    Ok(called.finish())
}

fn is_copy(operator: &Operator<'_>) -> bool {
    matches!(operator, Operator::MemoryCopy { dst_mem: 0, src_mem: 0 })
}

/// What may be a copy's size, if a copy comes next.
fn size(operator: &Operator<'_>) -> Option<u32> {
    match operator {
        Operator::I32Const { value } => u32::try_from(*value).ok().filter(|size| *size > 0),
        _ => None,
    }
}

/// Writes a module down again with functions that copy.
struct Calls {
    /// The type of those functions: to where, from where.
    ty: u32,
    /// By size, the function that copies so much.
    functions: BTreeMap<u32, u32>,
}

impl Reencode for Calls {
    type Error = std::convert::Infallible;

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        utils::parse_type_section(self, types, section)?;
        types.ty().function([ValType::I32, ValType::I32], []);
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        utils::parse_function_section(self, functions, section)?;
        for _ in &self.functions {
            functions.function(self.ty);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        utils::parse_code_section(self, code, section)?;
        for size in self.functions.keys() {
            code.function(&copy(*size));
        }
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let mut function = self.new_function_with_parsed_locals(&body)?;
        let mut held = None;
        for operator in body.get_operators_reader()? {
            let operator = operator?;
            let size_before = held.take();
            let copies = size_before.filter(|_| is_copy(&operator));
            if let Some(copy) = copies.and_then(|size| self.functions.get(&size)) {
                function.instructions().call(*copy);
                continue;
            }
            if let Some(size) = size_before {
                function.instructions().i32_const(size as i32);
            }
            held = size(&operator);
            if held.is_none() {
                function.instruction(&self.instruction(operator)?);
            }
        }
        code.function(&function);
        Ok(())
    }
}

/// A function that copies so many bytes. All are loaded before one is stored: the two places may overlap.
fn copy(size: u32) -> Function {
    let mut function = Function::new([]);
    if size > LOADED_MAX {
        let mut code = function.instructions();
        code.local_get(0).local_get(1).i32_const(size as i32).memory_copy(0, 0).end();
        return function;
    }
    let mut stores = Vec::new();
    let mut at = 0;
    while at < size {
        let wide = [8, 4, 2, 1].into_iter().find(|wide| at + wide <= size).expect("one is left");
        // The alignment says what may be expected, and a copy knows nothing of it.
        let place = MemArg { offset: u64::from(at), align: 0, memory_index: 0 };
        let (load, store) = match wide {
            8 => (Instruction::I64Load(place), Instruction::I64Store(place)),
            4 => (Instruction::I32Load(place), Instruction::I32Store(place)),
            2 => (Instruction::I32Load16U(place), Instruction::I32Store16(place)),
            _ => (Instruction::I32Load8U(place), Instruction::I32Store8(place)),
        };
        function.instructions().local_get(0).local_get(1);
        function.instruction(&load);
        stores.push(store);
        at += wide;
    }
    for store in stores.iter().rev() {
        function.instruction(store);
    }
    function.instructions().end();
    function
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use wasm_encoder::{MemorySection, MemoryType};
    use wasmparser::Validator;

    /// A function that copies these sizes, one after the other, each from the second of its arguments to the first.
    fn module(sizes: &[u32]) -> Vec<u8> {
        let mut body = Function::new([]);
        for size in sizes {
            body.instructions().local_get(0).local_get(1).i32_const(*size as i32);
            body.instructions().memory_copy(0, 0);
        }
        body.instructions().i32_const(7).drop().end();
        let (mut types, mut functions) = (TypeSection::new(), FunctionSection::new());
        let (mut memories, mut code) = (MemorySection::new(), CodeSection::new());
        types.ty().function([ValType::I32, ValType::I32], []);
        functions.function(0);
        let (minimum, maximum) = (1, None);
        memories.memory(MemoryType {
            minimum,
            maximum,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        code.function(&body);
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&memories).section(&code);
        module.finish()
    }

    fn bodies(module: &[u8]) -> Vec<Vec<Operator<'_>>> {
        let payloads = Parser::new(0).parse_all(module).map(Result::unwrap);
        let bodies = payloads.filter_map(|payload| match payload {
            Payload::CodeSectionEntry(body) => Some(body),
            _ => None,
        });
        bodies
            .map(|body| body.get_operators_reader().unwrap().into_iter().map(Result::unwrap))
            .map(Iterator::collect)
            .collect()
    }

    /// Does what a copying function says, in this memory.
    fn run(code: &[Operator<'_>], memory: &mut [u8], arguments: [u64; 2]) {
        let mut stack = Vec::new();
        let load = |stack: &mut Vec<u64>, memory: &[u8], wide: usize, offset: u64| {
            let at = (stack.pop().unwrap() + offset) as usize;
            let mut bytes = [0; 8];
            bytes[..wide].copy_from_slice(&memory[at..at + wide]);
            stack.push(u64::from_le_bytes(bytes));
        };
        let store = |stack: &mut Vec<u64>, memory: &mut [u8], wide: usize, offset: u64| {
            let bytes = stack.pop().unwrap().to_le_bytes();
            let at = (stack.pop().unwrap() + offset) as usize;
            memory[at..at + wide].copy_from_slice(&bytes[..wide]);
        };
        for operator in code {
            match operator {
                Operator::LocalGet { local_index } => stack.push(arguments[*local_index as usize]),
                Operator::I32Const { value } => stack.push(*value as u64),
                Operator::I64Load { memarg } => load(&mut stack, memory, 8, memarg.offset),
                Operator::I32Load { memarg } => load(&mut stack, memory, 4, memarg.offset),
                Operator::I32Load16U { memarg } => load(&mut stack, memory, 2, memarg.offset),
                Operator::I32Load8U { memarg } => load(&mut stack, memory, 1, memarg.offset),
                Operator::I64Store { memarg } => store(&mut stack, memory, 8, memarg.offset),
                Operator::I32Store { memarg } => store(&mut stack, memory, 4, memarg.offset),
                Operator::I32Store16 { memarg } => store(&mut stack, memory, 2, memarg.offset),
                Operator::I32Store8 { memarg } => store(&mut stack, memory, 1, memarg.offset),
                Operator::MemoryCopy { .. } => {
                    let [to, from, size] = stack.split_off(stack.len() - 3)[..] else { panic!() };
                    memory.copy_within(from as usize..(from + size) as usize, to as usize);
                }
                Operator::End => assert!(stack.is_empty(), "{stack:?}"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn each_size_is_copied_whole_and_nothing_beside_it_even_onto_itself() {
        for size in 1..=LOADED_MAX + 2 {
            let module = by_calls(&module(&[size; PLACES_MIN])).unwrap();
            Validator::new().validate_all(&module).unwrap();
            let copying = &bodies(&module)[1];
            for (to, from) in [(0, 100), (100, 0), (3, 0), (0, 3), (40, 33), (5, 5)] {
                let mut memory: Vec<u8> = (0..200).collect();
                let mut copied = memory.clone();
                memory.copy_within(from..from + size as usize, to);
                run(copying, &mut copied, [to as u64, from as u64]);
                assert_eq!(copied, memory, "{size} bytes from {from} to {to}");
            }
        }
    }

    #[test]
    fn only_copies_of_a_size_that_many_have_become_calls() {
        let module = by_calls(&module(&[12, 9, 12, 12, 9])).unwrap();
        Validator::new().validate_all(&module).unwrap();
        let bodies = bodies(&module);
        let of = |is: fn(&Operator<'_>) -> bool| bodies[0].iter().filter(|one| is(one)).count();
        assert_eq!(bodies.len(), 2, "12 bytes have a function, 9 have none");
        assert_eq!(of(|one| matches!(one, Operator::Call { function_index: 1 })), 3);
        assert_eq!(of(is_copy), 2);
        assert_eq!(of(|one| matches!(one, Operator::I32Const { value: 9 })), 2);
        assert_eq!(of(|one| matches!(one, Operator::I32Const { value: 12 })), 0);
        assert_eq!(of(|one| matches!(one, Operator::I32Const { value: 7 })), 1, "is no size");
    }
}
