/** Line icons, drawn on a 24 × 24 grid; they are decoration, and what they mean stands beside them or in a label. */

import type { ComponentChildren } from "preact";

function icon(children: ComponentChildren) {
  return () => (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const Icons = {
  watch: icon(
    <>
      <path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Z" />
      <circle cx="12" cy="12" r="2.8" />
    </>,
  ),
  record: icon(
    <>
      <circle cx="12" cy="12" r="8.5" />
      <circle cx="12" cy="12" r="3.6" class="filled" />
    </>,
  ),
  train: icon(
    <>
      <path d="M4 4.5V19.5H20" />
      <path d="M7.5 15.5C10 15.5 10.5 8 14 8S17.5 6 20 5.5" />
    </>,
  ),
  models: icon(
    <>
      <path d="M12 3.5 20.5 8 12 12.5 3.5 8Z" />
      <path d="m3.5 12 8.5 4.5L20.5 12M3.5 16l8.5 4.5L20.5 16" />
    </>,
  ),
  emoticons: icon(
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M8.3 14.2c1.6 2.6 5.8 2.6 7.4 0M9 9.6v.2M15 9.6v.2" />
    </>,
  ),
  camera: icon(
    <>
      <rect x="6.5" y="2.5" width="11" height="19" rx="2.5" />
      <circle cx="12" cy="10.5" r="2.8" />
      <path d="M10.5 18.3h3" />
    </>,
  ),
  code: icon(<path d="m8 7-5 5 5 5M16 7l5 5-5 5M13.5 5l-3 14" />),
  share: icon(
    <>
      <path d="M4 4h6v6H4ZM14 4h6v6h-6ZM4 14h6v6H4Z" />
      <path d="M14 14h2.5v2.5H14ZM17.5 17.5H20V20h-2.5ZM20 14v.2M14 20v-.2" />
    </>,
  ),
  light: icon(
    <>
      <circle cx="12" cy="12" r="3.8" />
      <path d="M12 2.8v2M12 19.2v2M2.8 12h2M19.2 12h2M5.5 5.5l1.4 1.4M17.1 17.1l1.4 1.4M5.5 18.5l1.4-1.4M17.1 6.9l1.4-1.4" />
    </>,
  ),
  dark: icon(<path d="M19.5 14.4A8 8 0 0 1 9.6 4.5a8 8 0 1 0 9.9 9.9Z" />),
  auto: icon(
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 3.5a8.5 8.5 0 0 1 0 17Z" class="filled" />
    </>,
  ),
  mirror: icon(
    <>
      <path d="M12 4v16" stroke-dasharray="2.4 2.4" />
      <path d="M8.5 7v10H3.5ZM15.5 7v10h5Z" />
    </>,
  ),
  bin: icon(<path d="M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7M10.3 10.5v5.5M13.7 10.5v5.5" />),
  up: icon(<path d="m6 14.5 6-6 6 6" />),
  down: icon(<path d="m6 9.5 6 6 6-6" />),
  plus: icon(<path d="M12 5v14M5 12h14" />),
  check: icon(<path d="m5 12.5 4.5 4.5L19 7.5" />),
  close: icon(<path d="m6 6 12 12M18 6 6 18" />),
  download: icon(<path d="M12 4v11M7.5 10.8 12 15.2l4.5-4.4M4.5 19.5h15" />),
  pencil: icon(<path d="m4.5 19.5.9-4L16 4.9l3.1 3.1L8.5 18.6ZM13.8 7.1l3.1 3.1" />),
  copy: icon(
    <>
      <rect x="8.5" y="8.5" width="11.5" height="11.5" rx="2" />
      <path d="M15.5 8.5V5.5A1.5 1.5 0 0 0 14 4H5.5A1.5 1.5 0 0 0 4 5.5V14a1.5 1.5 0 0 0 1.5 1.5h3" />
    </>,
  ),
  image: icon(
    <>
      <rect x="3.5" y="5" width="17" height="14" rx="2" />
      <circle cx="9" cy="10" r="1.6" />
      <path d="m4 17 5-4.2 3.2 2.6L16 11l4.3 4.4" />
    </>,
  ),
  person: icon(
    <>
      <circle cx="12" cy="8" r="3.8" />
      <path d="M4.5 20c.6-4 3.6-6 7.5-6s6.9 2 7.5 6" />
    </>,
  ),
  alert: icon(<path d="M12 4 21 19.5H3ZM12 10v4.2M12 16.8v.2" />),
  offline: icon(
    <path d="M4 4l16 16M8.5 16a5 5 0 0 1 6.6-.4M5 12.4a10 10 0 0 1 4-2.3M12.5 9.6A10 10 0 0 1 19 12.4M2 8.8A14.5 14.5 0 0 1 6 6.3M10 5a14.5 14.5 0 0 1 12 3.8M12 19.5v.2" />,
  ),
  send: icon(<path d="M12 15V3.5M7.8 7.4 12 3.2l4.2 4.2M8 10.5H5.5v9.5h13v-9.5H16" />),
  keyboard: icon(
    <>
      <rect x="2.5" y="6" width="19" height="12.5" rx="2.2" />
      <path d="M6.3 9.8v.2M10.1 9.8v.2M13.9 9.8v.2M17.7 9.8v.2M7.5 14.8h9" />
    </>,
  ),
  pause: icon(<path d="M8.5 5.5v13M15.5 5.5v13" />),
} as const;

export type IconName = keyof typeof Icons;
