// A component that is drawn again only if its properties differ. Preact's own is in preact/compat, which is larger than
// most of this front end's files.

import { Component, type FunctionComponent } from "preact";

/** Return a component that keeps what it drew while `same` says that its properties are the same. */
export function memo<Props>(View: FunctionComponent<Props>, same: (a: Readonly<Props>, b: Readonly<Props>) => boolean) {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Readonly<Props>): boolean {
      return !same(this.props, next);
    }

    override render() {
      return <View {...(this.props as Props & object)} />;
    }
  };
}
