/** Why something could not be done, in words. */

import { language, text } from "../../i18n";
import { refused, type Code } from "../refused";

type Words = Record<Code, (value: string) => string>;

const en: Words = {
  few: () => "There is nothing to learn from yet: hold two buttons first.",
  one: () => "Only one expression was taught: at least two are needed.",
  gone: () => "Pictures were deleted in another tab meanwhile: train again.",
  cancelled: () => text.value.train.cancelled,
  none: () => "There is no model of your own yet: train first.",
  full: () => "The browser's storage is full: nothing more is kept. Delete pictures, or free some space.",
  stale: (value) => `The server has another version of ${value}: reload the page.`,
  file_other: () => "This file cannot be opened: it is no project of fer_ros.",
  file_newer: () => "This file cannot be opened: it is of a newer fer_ros.",
  file_many: (value) => `This file cannot be opened: it holds more than ${value} files.`,
  file_large: (value) => `This file cannot be opened: it is larger than ${value} MB.`,
  file_damaged: (value) => `This file cannot be opened: it is damaged${value && ` (${value})`}.`,
  file_missing: (value) => `This file cannot be opened: it lacks ${value}.`,
  file_head: (value) => `This file cannot be opened: the page runs no model with the head “${value}”.`,
  failed: (value) => `That did not work: ${value}`,
};

const ko: Words = {
  few: () => "아직 배울 것이 없습니다. 먼저 두 단추를 눌러 주세요.",
  one: () => "표정이 하나뿐입니다. 둘 이상 필요합니다.",
  gone: () => "그 사이 다른 탭에서 사진을 지웠습니다. 다시 학습하세요.",
  cancelled: () => text.value.train.cancelled,
  none: () => "아직 내 모델이 없습니다. 먼저 학습하세요.",
  full: () => "브라우저의 저장 공간이 가득 차서 더 보관할 수 없습니다. 사진을 지우거나 공간을 비우세요.",
  stale: (value) => `서버의 ${value} 버전이 다릅니다. 페이지를 새로 고치세요.`,
  file_other: () => "이 파일을 열 수 없습니다. fer_ros 프로젝트가 아닙니다.",
  file_newer: () => "이 파일을 열 수 없습니다. 더 새로운 fer_ros의 파일입니다.",
  file_many: (value) => `이 파일을 열 수 없습니다. 파일이 ${value}개보다 많습니다.`,
  file_large: (value) => `이 파일을 열 수 없습니다. ${value} MB보다 큽니다.`,
  file_damaged: (value) => `이 파일을 열 수 없습니다. 손상되었습니다${value && ` (${value})`}.`,
  file_missing: (value) => `이 파일을 열 수 없습니다. ${value} 항목이 없습니다.`,
  file_head: (value) => `이 파일을 열 수 없습니다. 이 페이지는 헤드 “${value}”를 쓰는 모델을 실행하지 못합니다.`,
  failed: (value) => `되지 않았습니다: ${value}`,
};

export function worded(error: unknown): string {
  const { code, value } = refused(error);
  return { en, ko }[language.value.value][code](value);
}
