// Firefox only: does for the extension's frames what they may not do themselves there.

import { serve } from "./browser.js";

serve();
