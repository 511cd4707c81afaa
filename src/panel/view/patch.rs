//! Makes the page equal to a tree of elements, touching only what differs from the tree before.
//!
//! Siblings are told apart by key, and without one by tag and order. An element that stays keeps its node, so
//! focus, scroll, selection and what the browser itself opened or filled in stay with it. Listeners sit on their
//! own elements, once; what they mean is looked up when they fire.

use crate::panel::local::Message;
use crate::panel::node::{el, Meaning, Node, Property};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Document, HtmlElement, HtmlInputElement, HtmlSelectElement};

const SVG: &str = "http://www.w3.org/2000/svg";

/// Takes what a person did.
pub type OnMessage = Rc<dyn Fn(&Message)>;

/// What stands below one node of the page.
pub struct Patcher {
    root: web_sys::Element,
    document: Document,
    on_message: OnMessage,
    mounted: Vec<Mounted>,
}

/// A node that stands in the page.
struct Mounted {
    node: web_sys::Node,
    /// The text, or the element as it was drawn last, without its children.
    drawn: Node,
    children: Vec<Mounted>,
    listener: Option<Listener>,
}

/// A listener on an element and what it means now.
struct Listener {
    meaning: Rc<RefCell<Option<Meaning>>>,
    /// Kept alive as long as its element may fire.
    _closure: Closure<dyn FnMut(web_sys::Event)>,
}

impl Patcher {
    /// Draws into an empty node.
    pub fn new(root: &web_sys::Element, on_message: OnMessage) -> Self {
        let document = root.owner_document().expect_throw("an element of a page has a document");
        Self { root: root.clone(), document, on_message, mounted: Vec::new() }
    }

    /// Makes the page equal to these.
    pub fn draw(&mut self, nodes: Vec<Node>) {
        let focused = self.focused();
        let mut wants_focus = None;
        let mut draw = Draw {
            document: &self.document,
            on_message: &self.on_message,
            focus: &mut wants_focus,
        };
        draw.children(&self.root, &mut self.mounted, nodes);
        if let Some(element) = wants_focus {
            let _ = element.focus();
        } else if let Some(before) = focused {
            self.keep_focus(&before);
        }
    }

    /// Takes everything out of the page.
    pub fn clear(&mut self) {
        self.mounted.clear();
        self.root.set_text_content(None);
    }

    /// The focused element, if it is one of ours.
    fn focused(&self) -> Option<HtmlElement> {
        // A shadow root tells it of what is inside, as a document does.
        let scope: Document = self.root.get_root_node().unchecked_into();
        let active = scope.active_element()?;
        self.root.contains(Some(&active)).then(|| active.unchecked_into())
    }

    /// A moved element loses its focus: it gets it back. Where the focused one is gone, the keyboard goes on from
    /// the line that says what is the matter now, not from the top of the CRM's page.
    fn keep_focus(&self, before: &HtmlElement) {
        if self.root.contains(Some(before)) && !before.has_attribute("disabled") {
            if self.focused().as_ref() != Some(before) {
                let _ = before.focus();
            }
        } else if let Ok(Some(line)) = self.root.query_selector(".title") {
            let _ = line.unchecked_into::<HtmlElement>().focus();
        }
    }
}

/// One drawing.
struct Draw<'a> {
    document: &'a Document,
    on_message: &'a OnMessage,
    focus: &'a mut Option<HtmlElement>,
}

impl Draw<'_> {
    fn children(&mut self, parent: &web_sys::Node, mounted: &mut Vec<Mounted>, nodes: Vec<Node>) {
        let mut before = std::mem::take(mounted);
        // Most stay in their order: the next one is the last of these.
        before.reverse();
        for node in &nodes {
            let same = before.iter().rposition(|mounted| mounted.is(node));
            mounted.push(match same {
                Some(at) => before.remove(at),
                None => self.create(node),
            });
        }
        // First those that go: then nothing that stays has to move for them.
        for gone in before {
            let _ = parent.remove_child(&gone.node);
        }
        let mut next = parent.first_child();
        for (stands, node) in mounted.iter_mut().zip(nodes) {
            self.update(stands, node);
            if next.as_ref() == Some(&stands.node) {
                next = stands.node.next_sibling();
            } else {
                let _ = parent.insert_before(&stands.node, next.as_ref());
            }
        }
    }

    /// With nothing in it yet, and not in the page: to be updated next.
    fn create(&self, node: &Node) -> Mounted {
        let (node, drawn) = match node {
            Node::Text(_) => (self.document.create_text_node("").into(), Node::Text(String::new())),
            Node::Element(element) => {
                let drawn = el(element.tag).into();
                (create_element(self.document, element.tag).into(), drawn)
            }
        };
        Mounted { node, drawn, children: Vec::new(), listener: None }
    }

    fn update(&mut self, mounted: &mut Mounted, node: Node) {
        match (&mut mounted.drawn, node) {
            (Node::Text(before), Node::Text(text)) => {
                if *before != text {
                    mounted.node.set_text_content(Some(&text));
                    *before = text;
                }
            }
            (Node::Element(before), Node::Element(mut element)) => {
                if element.keep {
                    return;
                }
                let nodes = std::mem::take(&mut element.children);
                let target: &web_sys::Element = mounted.node.unchecked_ref();
                set_attributes(target, &before.attributes, &element.attributes);
                self.children(&mounted.node, &mut mounted.children, nodes);
                set_property(target, element.property.as_ref());
                // Taken out of the element: it is needed where it is heard.
                match (&mounted.listener, element.meaning.take()) {
                    (Some(listener), meaning) => *listener.meaning.borrow_mut() = meaning,
                    (None, Some(meaning)) => mounted.listener = Some(self.listen(target, meaning)),
                    (None, None) => {}
                }
                if element.focus && !before.focus {
                    *self.focus = Some(target.clone().unchecked_into());
                }
                *before = element;
            }
            // Texts stay texts, and elements elements.
            (Node::Text(_), Node::Element(_)) | (Node::Element(_), Node::Text(_)) => {}
        }
    }

    fn listen(&self, target: &web_sys::Element, meaning: Meaning) -> Listener {
        let event = match meaning {
            Meaning::Click(_) => "click",
            Meaning::Change(_) => "change",
        };
        let meaning = Rc::new(RefCell::new(Some(meaning)));
        let on_message = self.on_message.clone();
        let known = meaning.clone();
        let closure = Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| {
            let Some(target) = event.current_target() else { return };
            let target: web_sys::Element = target.unchecked_into();
            if target.has_attribute("aria-disabled") {
                return;
            }
            let meaning = known.borrow().clone();
            match meaning {
                Some(Meaning::Click(message)) => on_message(&message),
                Some(Meaning::Change(change)) => {
                    let value = target.unchecked_ref::<HtmlSelectElement>().value();
                    if let Some(message) = change(&value) {
                        on_message(&message);
                    }
                }
                None => {}
            }
        });
        let _ = target.add_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
        Listener { meaning, _closure: closure }
    }
}

impl Mounted {
    /// The same as before, by tag and key. Of several without a key, the first that is left.
    fn is(&self, node: &Node) -> bool {
        match (&self.drawn, node) {
            (Node::Text(_), Node::Text(_)) => true,
            (Node::Element(before), Node::Element(element)) => {
                before.tag == element.tag && before.key == element.key
            }
            _ => false,
        }
    }
}

fn create_element(document: &Document, tag: &str) -> web_sys::Element {
    let created = match tag {
        "svg" | "path" => document.create_element_ns(Some(SVG), tag),
        _ => document.create_element(tag),
    };
    created.expect_throw("every tag of the markup is a valid name")
}

type Attributes = [(&'static str, std::borrow::Cow<'static, str>)];

fn set_attribute(target: &web_sys::Element, name: &str, value: &str) {
    if name == "style" {
        // A page's policy may forbid the attribute (`style-src 'self'`); it does not speak of the property.
        target.unchecked_ref::<HtmlElement>().style().set_css_text(value);
    } else {
        let _ = target.set_attribute(name, value);
    }
}

fn set_attributes(target: &web_sys::Element, before: &Attributes, now: &Attributes) {
    for (name, value) in now {
        if !before.iter().any(|(old_name, old)| old_name == name && old == value) {
            set_attribute(target, name, value);
        }
    }
    for (name, _) in before {
        if !now.iter().any(|(new_name, _)| new_name == name) {
            let _ = target.remove_attribute(name);
        }
    }
}

/// A person may have changed the field since: set always, and only where it differs.
fn set_property(target: &web_sys::Element, property: Option<&Property>) {
    match property {
        None => {}
        Some(Property::Value(value)) => {
            let select: &HtmlSelectElement = target.unchecked_ref();
            if select.value() != *value {
                select.set_value(value);
            }
        }
        Some(state) => {
            let input: &HtmlInputElement = target.unchecked_ref();
            input.set_checked(*state == Property::Checked(true));
            input.set_indeterminate(*state == Property::Indeterminate);
        }
    }
}
