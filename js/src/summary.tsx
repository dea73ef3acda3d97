// The entry of the Summary widget.

import { mount } from "./mount";
import { Panel } from "./panel";

export default mount(Panel);
