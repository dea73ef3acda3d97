// The entry of the Trainable widget.

import { mount } from "./mount";
import { Training } from "./training";
import "./training.css";

export default mount(Training);
