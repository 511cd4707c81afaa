//! A piece of the page as a value: elements, texts, and what a person's doing means. No browser.
//!
//! The markup functions build a whole tree at every change; `view::patch` compares it with what stands in the
//! page and touches only what differs. Text is only ever text here: there is no way to say markup in a string.

use super::local::Message;
use std::borrow::Cow;
use std::rc::Rc;

/// An element or a text.
#[derive(Clone, Debug)]
pub enum Node {
    /// Text, as it is.
    Text(String),
    /// An element. In a box, as everywhere: what builds it hands on a pointer.
    Element(Box<Element>),
}

/// An element to be.
#[derive(Clone, Debug)]
pub struct Element {
    /// `div`, `button` …
    pub tag: &'static str,
    /// What it is among its siblings, so that it keeps its focus when they come and go.
    pub key: Option<Cow<'static, str>>,
    /// Names and values.
    pub attributes: Vec<(&'static str, Cow<'static, str>)>,
    /// What it means when a person clicks or changes it.
    pub meaning: Option<Meaning>,
    /// `checked` or `value`: what a person changes, and an attribute therefore cannot set again.
    pub property: Option<Property>,
    /// Takes the focus when it appears.
    pub focus: bool,
    /// Leave what stands there alone: nothing inside has changed since the last tree.
    pub keep: bool,
    /// Inside.
    pub children: Vec<Node>,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Property {
    /// A checkbox.
    Checked(bool),
    /// Some of several are chosen.
    Indeterminate,
    /// A choice or a text.
    Value(String),
}

/// What a person's doing means.
#[derive(Clone, Debug)]
pub enum Meaning {
    /// A click. Shared with whoever listens: a drawing that follows from it may take it away meanwhile.
    Click(Rc<Message>),
    /// A field's new value.
    Change(fn(&str) -> Option<Message>),
}

/// An element as a selector names it: `tag`, or `tag.class`. The class may be several, with spaces between.
pub fn el(selector: &'static str) -> Box<Element> {
    let (tag, class) = named(selector);
    let element = Box::new(Element {
        tag,
        key: None,
        attributes: Vec::new(),
        meaning: None,
        property: None,
        focus: false,
        keep: false,
        children: Vec::new(),
    });
    if class.is_empty() {
        element
    } else {
        element.class(class)
    }
}

/// An element with a class; the class is its key as well.
pub fn part(selector: &'static str) -> Box<Element> {
    el(selector).key(named(selector).1)
}

/// Tag and class of a selector.
fn named(selector: &str) -> (&str, &str) {
    selector.split_once('.').unwrap_or((selector, ""))
}

impl Element {
    /// With a class.
    pub fn class(self: Box<Self>, class: &'static str) -> Box<Self> {
        self.attr("class", class)
    }

    /// With a key among its siblings. One copy of it: a key stands at every third element.
    #[inline(never)]
    pub fn key(mut self: Box<Self>, key: &'static str) -> Box<Self> {
        self.key = Some(Cow::Borrowed(key));
        self
    }

    /// With a key that tells the rows of a list apart.
    pub fn row_key(mut self: Box<Self>, key: String) -> Box<Self> {
        self.key = Some(Cow::Owned(key));
        self
    }

    /// With an attribute.
    pub fn attr(
        mut self: Box<Self>,
        name: &'static str,
        value: impl Into<Cow<'static, str>>,
    ) -> Box<Self> {
        self.attributes.push((name, value.into()));
        self
    }

    /// With a child.
    pub fn child(mut self: Box<Self>, child: impl Into<Node>) -> Box<Self> {
        self.children.push(child.into());
        self
    }

    /// With a child, if there is one.
    pub fn maybe(self: Box<Self>, child: Option<Box<Self>>) -> Box<Self> {
        match child {
            Some(child) => self.child(child),
            None => self,
        }
    }

    /// Nothing, if nothing is inside.
    pub fn unless_empty(self: Box<Self>) -> Option<Box<Self>> {
        (!self.children.is_empty()).then_some(self)
    }

    /// With text inside.
    pub fn text(self: Box<Self>, text: impl Into<String>) -> Box<Self> {
        self.child(Node::Text(text.into()))
    }

    /// A click means this.
    pub fn on_click(mut self: Box<Self>, message: Message) -> Box<Self> {
        self.meaning = Some(Meaning::Click(Rc::new(message)));
        self
    }

    /// A new value means this.
    pub fn on_change(mut self: Box<Self>, change: fn(&str) -> Option<Message>) -> Box<Self> {
        self.meaning = Some(Meaning::Change(change));
        self
    }

    /// Holds this.
    pub fn holding(mut self: Box<Self>, property: Property) -> Box<Self> {
        self.property = Some(property);
        self
    }

    /// Takes the focus when it appears.
    pub fn focused_if(mut self: Box<Self>, focus: bool) -> Box<Self> {
        self.focus = focus;
        self
    }

    /// Stays as it stands in the page.
    pub fn keep(mut self: Box<Self>) -> Box<Self> {
        self.keep = true;
        self
    }
}

impl From<Box<Element>> for Node {
    fn from(element: Box<Element>) -> Self {
        Self::Element(element)
    }
}
