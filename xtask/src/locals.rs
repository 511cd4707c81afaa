//! Which of its variables a function calls by which number.
//!
//! It means nothing to who runs the module. Two functions that do alike with other numbers are not alike to who
//! compresses them, so each function takes the numbers by which it costs least behind what stands before it.

use std::collections::HashMap;
use std::ops::Range;

use anyhow::{Context, Result};
use wasmparser::{FunctionBody, Operator, Parser, Payload};

use crate::deflate::Written;

/// Pairs of numbers are gone through so often at most; it mostly ends before.
const ROUNDS: usize = 2;
/// The numbers that take one byte: so an exchange changes no length.
const SHORT: u32 = 128;

/// The same module, each function's variables under other numbers of their type.
pub fn for_compression(module: &[u8]) -> Result<Vec<u8>> {
    let mut parameters = Vec::new();
    let mut bodies = Vec::new();
    let mut own = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::TypeSection(types) => {
                for ty in types.into_iter_err_on_gc_types() {
                    parameters.push(ty?.params().len() as u32);
                }
            }
            Payload::FunctionSection(functions) => {
                own = functions.into_iter().collect::<Result<Vec<u32>, _>>()?;
            }
            Payload::CodeSectionEntry(body) => bodies.push(body),
            _ => {}
        }
    }
    let mut numbered = module.to_vec();
    let mut written = Written::default();
    for (body, ty) in bodies.iter().zip(own) {
        let parameters = *parameters.get(ty as usize).context("a function has no type")?;
        let mut variables = Variables::of(body, parameters)?;
        let code = &mut numbered[body.range()];
        variables.renumber(code, &mut written);
        written.put(code);
    }
    Ok(numbered)
}

/// The variables of a function, without its parameters.
struct Variables {
    /// The numbers of those of one type.
    types: Vec<Range<u32>>,
    /// Where each number stands in the code, ascending.
    places: HashMap<u32, Vec<usize>>,
}

impl Variables {
    fn of(body: &FunctionBody<'_>, parameters: u32) -> Result<Self> {
        let mut types = Vec::new();
        let mut next = parameters;
        for declared in body.get_locals_reader()? {
            let (count, _) = declared?;
            types.push(next.min(SHORT)..(next + count).min(SHORT));
            next += count;
        }
        let mut places: HashMap<u32, Vec<usize>> = HashMap::new();
        for operator in body.get_operators_reader()?.into_iter_with_offsets() {
            if let (
                Operator::LocalGet { local_index }
                | Operator::LocalSet { local_index }
                | Operator::LocalTee { local_index },
                offset,
            ) = operator?
            {
                // The number follows the instruction, which is one byte.
                places.entry(local_index).or_default().push(offset + 1 - body.range().start);
            }
        }
        Ok(Self { types, places })
    }

    /// Exchanges numbers wherever the code then costs less.
    fn renumber(&mut self, code: &mut [u8], written: &mut Written) {
        let mut cost = written.cost(code);
        for _ in 0..ROUNDS {
            let before = cost;
            for numbers in self.types.clone() {
                for one in numbers.clone() {
                    for other in one + 1..numbers.end {
                        self.exchange(code, one, other);
                        let exchanged = written.cost(code);
                        if exchanged < cost {
                            cost = exchanged;
                        } else {
                            self.exchange(code, one, other);
                        }
                    }
                }
            }
            if cost == before {
                break;
            }
        }
    }

    fn exchange(&mut self, code: &mut [u8], one: u32, other: u32) {
        let (of_one, of_other) = (self.places.remove(&one), self.places.remove(&other));
        for (places, number) in [(of_one, other), (of_other, one)] {
            let Some(places) = places else { continue };
            places.iter().for_each(|place| code[*place] = number as u8);
            self.places.insert(number, places);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use wasm_encoder::{
        CodeSection, Function, FunctionSection, InstructionSink, Module, TypeSection, ValType,
    };
    use wasmparser::Validator;

    /// Functions of one parameter, two variables of 32 bits and two of 64, that do this.
    fn module(functions: impl IntoIterator<Item = impl Fn(&mut InstructionSink<'_>)>) -> Vec<u8> {
        let (mut types, mut declared) = (TypeSection::new(), FunctionSection::new());
        let mut code = CodeSection::new();
        types.ty().function([ValType::I32], []);
        for does in functions {
            let mut body = Function::new([(2, ValType::I32), (2, ValType::I64)]);
            (0..3).for_each(|_| does(&mut body.instructions()));
            body.instructions().end();
            declared.function(0);
            code.function(&body);
        }
        let mut module = Module::new();
        module.section(&types).section(&declared).section(&code);
        module.finish()
    }

    /// Functions that do the same with these numbers.
    fn alike(numbers: &[[u32; 5]]) -> Vec<u8> {
        module(numbers.iter().map(|[parameter, a, b, c, d]| {
            move |code: &mut InstructionSink<'_>| {
                code.local_get(*parameter).local_get(*a).i32_add().local_set(*b);
                code.local_get(*c).local_set(*d).local_get(*b).local_set(*a);
            }
        }))
    }

    #[test]
    fn functions_that_do_alike_read_alike_and_do_what_they_did() {
        let same_numbers = alike(&[[0, 1, 2, 3, 4]; 3]);
        let other_numbers = alike(&[[0, 1, 2, 3, 4], [0, 2, 1, 3, 4], [0, 2, 1, 4, 3]]);
        assert_ne!(other_numbers, same_numbers);
        assert_eq!(for_compression(&other_numbers).unwrap(), same_numbers);
        assert_eq!(for_compression(&same_numbers).unwrap(), same_numbers);
        Validator::new().validate_all(&same_numbers).unwrap();
    }

    #[test]
    fn a_parameter_and_a_variable_of_another_type_keep_their_numbers() {
        // The second function would read like the first if these could be exchanged.
        for [from, to] in [[0, 2], [3, 4]] {
            let moves = module([[1, 2], [from, to]].map(|[from, to]| {
                move |code: &mut InstructionSink<'_>| {
                    code.local_get(from).local_set(to);
                }
            }));
            Validator::new().validate_all(&moves).unwrap();
            assert_eq!(for_compression(&moves).unwrap(), moves, "{from} to {to}");
        }
    }
}
