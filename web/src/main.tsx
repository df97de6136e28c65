import { render } from "preact";
import { App } from "./app";
import { connect } from "./connection";
import { keepFocus } from "./focus";
import { token } from "./identity";
import { robots } from "./samples";
import { fill } from "./shelf";
import { applyTheme } from "./theme";
import { keepPlace } from "./turning";

applyTheme();
token.get(); // out of the address bar before anything else reads it
fill(robots);
keepFocus();
keepPlace();
render(<App />, document.getElementById("page")!);
connect();
