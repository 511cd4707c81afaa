// Everything this extension assumes about the CRM's pages, and how to see whether it still holds. Nothing of it is
// documented but the addresses of companies and contacts (the API's `web_url`). Where the page is not as assumed, the
// panel stands in a drawer at the edge and says so; where the address is none of these, nothing happens.
//
// A classic script: content scripts share one scope of their own, which the page does not see.

/** Of a page: its path ends so, and its query carries the record's id. */
const DETAIL_PAGES = [
  { path: /\/company_detail\.php$/, kind: "company" },
  { path: /\/contact_detail\.php$/, kind: "contact" },
  { path: /\/(nextgen)?project_detail\.php$/, kind: "project" },
  { path: /\/meeting_detail\.php$/, kind: "meeting" },
  { path: /\/product_detail\.php$/, kind: "product" },
];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** What heads the documents, in the languages of the CRM; a number in brackets may follow. */
const DOCUMENTS_TITLE = /^(files|documents|bestanden|documenten|dateien|dokumente|fichiers|documents|file|documenti|archivos|documentos)(\s*\(\d+\))?$/i;
const HEADINGS = "h1, h2, h3, h4, [role=heading]";
/** What is around a heading and its list: the closest of the first kind, else of the second. */
const WIDGETS = ["section, article, [data-widget]", "[class*=widget i]:not(header, [class*=header i])"];

/** The record that an address is about: `{ kind, id }`, or undefined. */
function recordAt(address) {
  const { pathname, searchParams } = new URL(address);
  const page = DETAIL_PAGES.find(({ path }) => path.test(pathname));
  const id = searchParams.get("id") ?? "";
  return page && UUID.test(id) ? { kind: page.kind, id } : undefined;
}

/** The part of the page that holds the documents, or undefined. */
function documentsWidget(page) {
  const heading = [...page.querySelectorAll(HEADINGS)].find((element) => DOCUMENTS_TITLE.test(element.textContent.trim()));
  return WIDGETS.map((around) => heading?.closest(around)).find((element) => element) ?? undefined;
}

/** Each assumption by a short name, and whether it holds on this page. */
function checkPage(page) {
  return [
    ["address", recordAt(page.location.href) !== undefined],
    ["heading", page.querySelector("h1") !== null],
    ["documents", documentsWidget(page) !== undefined],
  ];
}
